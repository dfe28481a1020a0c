import RegularFiles

extension DatasetError {
  init(_ error: RegularFileError, path: String) {
    switch error {
    case .notFound: self = .notFound(path: path)
    case .isDirectory: self = .isDirectory(path: path)
    case .isSpecial: self = .notRegularFile(path: path)
    case .tooLarge: self = .tooLarge(path: path, limitInBytes: NameSet.maxFileSize)
    case .system(_, let reason): self = .unreadable(path: path, reason: reason)
    }
  }
}
