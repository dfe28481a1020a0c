import Files
import Values

/// Why a safetensors file could not be read or written: the file, the tensor where there is one, and the reason.
public struct SafeTensorsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The path, or what the caller named the bytes.
  public let source: String
  /// The tensor at fault; nil where the fault is not one tensor's.
  public let tensor: String?
  /// The fault, and where it helps, what to do.
  public let reason: String

  init(source: String, tensor: String? = nil, reason: String) {
    self.source = source
    self.tensor = tensor
    self.reason = reason
  }

  public var description: String {
    guard let tensor else { return "\(source): \(reason)" }
    return "\(source): tensor \(printable(tensor)): \(reason)"
  }
}

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
