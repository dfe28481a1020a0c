import RegularFiles

extension SafeTensorsError {
  init(_ error: RegularFileError, path: String) {
    let reason =
      switch error {
      case .notFound: "cannot be opened: No such file or directory"
      case .isDirectory: "is a directory; name a .safetensors file"
      case .isSpecial: "is a pipe, a socket or a device; name a .safetensors file"
      case .tooLarge: "is larger than \(SafeTensorsFile.maxFileSize) bytes, the most that is read"
      case .system(let step, let reason): "cannot be \(step): \(reason)"
      }
    self.init(source: path, reason: reason)
  }
}
