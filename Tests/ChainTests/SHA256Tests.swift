import Chain
import Testing

/// Source: NIST's examples of FIPS 180-4 and its test vectors (SHA256ShortMsg, SHA256LongMsg).
@Suite("SHA-256 against NIST's vectors")
struct SHA256Tests {
  private static let vectors: [(message: String, digest: String)] = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
    (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ]

  @Test("each message has its digest, one after another and however it is cut", arguments: vectors.indices)
  func digests(index: Int) throws {
    let (message, digest) = (Array(Self.vectors[index].message.utf8), Self.vectors[index].digest)
    let hasher = try SHA256()
    try hasher.update(message)
    #expect(try "\(hasher.finish())" == digest)
    // The one before leaves nothing behind.
    let cut = message.count / 3
    try hasher.update(Array(message.prefix(cut)))
    try hasher.update(Array(message.dropFirst(cut)))
    #expect(try "\(hasher.finish())" == digest)
  }

  @Test("a digest is 64 digits in lower case, and nothing else is one")
  func hex() throws {
    let text = Self.vectors[1].digest
    #expect(Digest(hex: text)?.description == text)
    for wrong in [
      "", String(text.dropLast()), text + "0", text.uppercased(), "g" + text.dropFirst(), " " + text.dropFirst(),
    ] {
      #expect(Digest(hex: wrong) == nil, "\(wrong)")
    }
    #expect("\(Digest.zeros)" == String(repeating: "0", count: 64))
  }
}
