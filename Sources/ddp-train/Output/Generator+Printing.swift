import DataParallel
import GPT

extension Generator {
  /// Prints names, one a line, until a stop request or until standard output takes no more.
  func printNames(_ count: Int, temperature: Double, isStopped: () throws -> Bool) rethrows {
    let time = LastWords()
    for index in 0..<count {
      guard standardOutputWorks, try !time.areOver(isStopped) else { break }
      let letters = name(index, temperature: temperature)
      print(String(decoding: letters.map { $0 + UInt8(ascii: "a") }, as: UTF8.self))
    }
    flushStandardOutput()
  }
}
