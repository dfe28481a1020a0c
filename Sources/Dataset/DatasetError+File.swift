import Files

extension DatasetError {
  init(_ error: RegularFileError, path: String) { self = .unreadable(path: path, error) }

  /// What to do about a file of names that cannot be read.
  static func advice(_ error: RegularFileError) -> String {
    switch error {
    case .notFound: "check the path (the names of the package itself are in data/names.txt)"
    case .isDirectory: "name a text file in it, with one name per line"
    case .isSpecial: "save the names to a text file and name that"
    case .tooLarge: "pass a smaller list of names"
    case .system: "check the file and its permissions"
    }
  }
}
