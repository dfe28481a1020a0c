import DataParallel
import GPT

extension Generator {
  /// Prints names, one a line, until a stop request or until standard output takes no more.
  ///
  /// A run that was stopped before has a moment for its names.
  func printNames(_ count: Int, temperature: Double, isStopped: () throws -> Bool) rethrows {
    let wasStopped = StopSignal.isRequested
    for index in 0..<count {
      guard standardOutputWorks, try wasStopped ? !StopSignal.isOverdue : !isStopped() else { break }
      let letters = name(index, temperature: temperature)
      print(String(decoding: letters.map { $0 + UInt8(ascii: "a") }, as: UTF8.self))
    }
    flushStandardOutput()
  }
}
