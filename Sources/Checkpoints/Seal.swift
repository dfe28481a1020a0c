import Dataset
import Files

/// The checksum inside a checkpoint, which covers every bit of the file.
///
/// It is the XXH3-128 hash of the file with zeros in its place, in 32 hexadecimal digits, and always stands at the same
/// place: it is the first thing in the header. What is in front of it has one form only, and is covered too.
enum Seal {
  static let key = "checksum"
  static let digits = 32

  /// The JSON between the header's length and the checksum.
  private static let opening = Array("{\"__metadata__\":{\"\(key)\":\"".utf8)
  /// Where the digits are.
  private static let place = 8 + opening.count..<8 + opening.count + digits

  /// What stands in the checksum's place while it is worked out.
  static let blank = String(repeating: "0", count: digits)

  /// Whether a checksum is where one belongs.
  static func isPresent(in file: UnsafeRawBufferPointer) -> Bool {
    file.count > place.upperBound && file[8..<place.lowerBound].elementsEqual(opening)
  }

  /// Whether the file is as it was sealed.
  static func isIntact(_ file: UnsafeRawBufferPointer) -> Bool {
    isPresent(in: file) && file[place].elementsEqual(checksum(of: file))
  }

  /// Writes the checksum into a file that has room for it.
  static func close(_ file: UnsafeMutableRawBufferPointer) {
    precondition(isPresent(in: UnsafeRawBufferPointer(file)), "no room for a checksum")
    let checksum = checksum(of: UnsafeRawBufferPointer(file))
    UnsafeMutableRawBufferPointer(rebasing: file[place]).copyBytes(from: checksum)
  }

  private static func checksum(of file: UnsafeRawBufferPointer) -> [UInt8] {
    var hasher = ContentHasher()
    hasher.update(UnsafeRawBufferPointer(rebasing: file[..<place.lowerBound]))
    Array(blank.utf8).withUnsafeBytes { hasher.update($0) }
    hasher.update(UnsafeRawBufferPointer(rebasing: file[place.upperBound...]))
    return Array(hasher.hexDigest().utf8)
  }
}
