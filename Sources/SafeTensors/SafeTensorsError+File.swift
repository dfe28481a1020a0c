import Files

extension SafeTensorsError {
  init(_ error: RegularFileError, path: String) {
    let advice =
      switch error {
      case .isDirectory, .isSpecial: "; name a .safetensors file"
      case .notFound, .tooLarge, .system: ""
      }
    self.init(source: path, reason: "\(error)\(advice)")
  }
}
