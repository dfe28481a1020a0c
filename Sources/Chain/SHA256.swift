import CCrypto

/// SHA-256 of bytes that arrive in pieces; one after another.
///
/// Source: FIPS 180-4. The arithmetic is OpenSSL's, which takes the CPU's own instructions where there are some.
public struct SHA256: ~Copyable {
  private let state: OpaquePointer

  /// - Throws: `ChainError` where there is no libcrypto.
  public init() throws(ChainError) {
    guard let state = ccrypto_sha256_create() else {
      throw ccrypto_is_available() == 0 ? .noLibrary : ChainError("libcrypto refuses to compute SHA-256")
    }
    self.state = state
  }

  deinit { ccrypto_sha256_free(state) }

  /// Adds bytes, which are read only during the call.
  public func update(_ bytes: UnsafeRawBufferPointer) throws(ChainError) {
    try Self.require(ccrypto_sha256_update(state, bytes.baseAddress, bytes.count))
  }

  public func update(_ bytes: [UInt8]) throws(ChainError) {
    try Self.require(ccrypto_sha256_update(state, bytes, bytes.count))
  }

  /// The digest of all bytes so far. What comes then is another computation's.
  public func finish() throws(ChainError) -> Digest {
    var bytes = [UInt8](repeating: 0, count: Digest.byteCount)
    try Self.require(ccrypto_sha256_finish(state, &bytes))
    return Digest(bytes: bytes)
  }

  private static func require(_ code: CInt) throws(ChainError) {
    guard code == 0 else { throw ChainError("libcrypto does not go on with SHA-256") }
  }
}
