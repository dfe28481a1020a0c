import GPT

extension Generator {
  /// Prints names, one a line.
  func printNames(_ count: Int, temperature: Double) {
    for index in 0..<count {
      let letters = name(index, temperature: temperature)
      print(String(decoding: letters.map { $0 + UInt8(ascii: "a") }, as: UTF8.self))
    }
    flushStandardOutput()
  }
}
