/// Where results come from, so that two of them can be told apart.
public struct Origin: FileRecord, Equatable {
  /// The CPU's name.
  public var cpu = ""
  /// Of the machine, hardware threads included.
  public var cpus = 0
  /// Of this program.
  public var version = ""
  /// ISO 8601, UTC.
  public var date = ""
  /// The command line.
  public var command = ""

  public init() {}
}
