/// Why a digest could not be computed, or a link not be written: one sentence.
public struct ChainError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }

  static let noLibrary = ChainError(
    "SHA-256 needs OpenSSL's libcrypto, libcrypto.so.3 or libcrypto.so.1.1, which is not here: apt install libssl3")
}
