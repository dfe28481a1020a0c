/// The version of this package, and so of each of its programs.
public let packageVersion = "0.1.0"
