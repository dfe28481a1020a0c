import Dataset
import Files
import Foundation

/// A checkpoint's file taken apart, and sealed anew: what anybody can do who knows the format.
public struct SealedFile {
  /// Without the checksum.
  public var metadata: [String: String]
  private var tensors: [String: Any]
  /// The tensors' bytes.
  public var data: Data

  public init(_ file: Data) throws {
    let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(length)) as? [String: Any] ?? [:]
    metadata = (header["__metadata__"] as? [String: String] ?? [:]).filter { $0.key != "checksum" }
    tensors = header.filter { $0.key != "__metadata__" }
    data = file.dropFirst(8 + length)
  }

  /// - Throws: where the sealed file does not come to be.
  public func sealed() throws -> Data {
    func json(_ object: Any) throws -> String {
      String(
        decoding: try JSONSerialization.data(withJSONObject: object, options: .withoutEscapingSlashes), as: UTF8.self)
    }
    let blank = String(repeating: "0", count: 32)
    let entries = try metadata.isEmpty ? "" : "," + json(metadata).dropFirst().dropLast()
    let rest = try tensors.isEmpty ? "" : "," + json(tensors).dropFirst().dropLast()
    var header = "{\"__metadata__\":{\"checksum\":\"\(blank)\"\(entries)}\(rest)}"
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let count = header.utf8.count
    var file = Data((0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }) + Data(header.utf8) + data
    let place = 8 + "{\"__metadata__\":{\"checksum\":\"".utf8.count
    file.replaceSubrange(place..<place + 32, with: Data(contentHash(of: file).utf8))
    return file
  }

  private func contentHash(of file: Data) -> String {
    var hasher = ContentHasher()
    file.withUnsafeBytes { hasher.update($0) }
    return hasher.hexDigest()
  }
}
