import Foundation
import RegularFiles

extension SafeTensorsError {
  init(_ error: RegularFileError, path: String) {
    let reason =
      switch error {
      case .notFound: "cannot be opened: \(systemReason(ENOENT))"
      case .isDirectory: "is a directory; name a .safetensors file"
      case .isSpecial: "is a pipe, a socket or a device; name a .safetensors file"
      case .tooLarge: "is larger than \(SafeTensorsFile.maxFileSize) bytes, the most that is read"
      case .system(let step, let reason): "cannot be \(step): \(reason)"
      }
    self.init(source: path, reason: reason)
  }
}

/// The operating system's text for an errno value.
func systemReason(_ code: CInt) -> String { String(cString: strerror(code)) }
