import Files

extension NameSet {
  /// The XXH3-128 hash of the names, 32 hexadecimal digits: of the letters a–z, joined by one "\n", in order.
  ///
  /// Two files agree exactly if they hold the same names in the same order, whatever their case, line ends, blank
  /// lines and margins. Computed at each call, in time proportional to the letters.
  public var hash: String {
    var hasher = ContentHasher()
    var piece: [UInt8] = []
    let pieceSize = 1 << 16
    for index in 0..<count {
      if index > 0 { piece.append(UInt8(ascii: "\n")) }
      for letter in letters(of: index) { piece.append(letter + UInt8(ascii: "a")) }
      if piece.count >= pieceSize {
        piece.withUnsafeBytes { hasher.update($0) }
        piece.removeAll(keepingCapacity: true)
      }
    }
    piece.withUnsafeBytes { hasher.update($0) }
    return hasher.hexDigest()
  }
}
