import Foundation

/// How much is tried.
enum Amount {
  /// Of processor time.
  case seconds(Double)
  case inputs(Int)

  /// `20` or `100000x`.
  init?(_ text: String) {
    if text.hasSuffix("x"), let inputs = Int(text.dropLast()), inputs > 0 {
      self = .inputs(inputs)
    } else if let seconds = Double(text), seconds > 0 {
      self = .seconds(seconds)
    } else {
      return nil
    }
  }

  /// Of each of so many readers: seconds are divided, inputs are not.
  func share(of readers: Int) -> Amount {
    switch self {
    case .seconds(let seconds): .seconds(seconds / Double(readers))
    case .inputs: self
    }
  }

  func goesOn(inputs: Int, seconds: Double) -> Bool {
    switch self {
    case .seconds(let most): seconds < most
    case .inputs(let most): inputs < most
    }
  }
}

/// One reader's inputs, one after another, until it has had its amount.
struct Campaign {
  let reader: Reader
  let seed: UInt64
  /// Where the present input lies, so that it is still there after a crash.
  let folder: String

  /// The most processor time that one input may take, in seconds; then the system ends the process.
  static let limit = 5

  /// Every so many inputs one is read from a file instead of from memory.
  private static let filePeriod = 16

  func run(_ amount: Amount) throws -> Tally {
    let path = "\(folder)/input.\(reader.name)"
    let input = try OpenFile(path)
    let place = try OpenFile("\(folder)/number")
    let start = Double(clock()) / Double(CLOCKS_PER_SEC)
    var tally = Tally()
    var number = 0
    while amount.goesOn(inputs: number, seconds: Double(clock()) / Double(CLOCKS_PER_SEC) - start) {
      let bytes = reader.input(seed: seed, number: number)
      try input.replace(with: bytes)
      try place.replace(with: Array("\(number)\n".utf8))
      startClock()
      tally.add(try read(bytes, path: number % Self.filePeriod == Self.filePeriod - 1 ? path : nil), bytes.count)
      if number == 0, tally.accepted == 0 { throw Fault(reason: "an intact input is refused") }
      number += 1
    }
    try FileManager.default.removeItem(atPath: path)
    return tally
  }

  /// Reads one kept input, from memory and from its file.
  func replay(_ path: String) throws -> [String] {
    let bytes = exact([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
    startClock()
    return [try read(bytes, path: nil), try read(bytes, path: path)].map { $0 ?? "accepted" }
  }

  /// Why an input is refused; nil where it is accepted.
  private func read(_ bytes: [UInt8], path: String?) throws -> String? {
    do {
      if let path { try reader.readFile(path) } else { try reader.readBytes(bytes) }
      return nil
    } catch {
      guard let kind = reader.kind(error) else { throw error }
      let message = "\(error)"
      try require(message.utf8.count <= 4096, "a message of \(message.utf8.count) bytes")
      let controls = message.unicodeScalars.contains { $0.properties.generalCategory == .control }
      try require(!controls, "a message with control characters: \(message.debugDescription)")
      return kind
    }
  }

  private func startClock() {
    var timer = itimerval()
    timer.it_value.tv_sec = Self.limit
    setitimer(CInt(ITIMER_PROF.rawValue), &timer, nil)
  }
}

/// A file whose content is replaced again and again.
private final class OpenFile {
  private let descriptor: CInt
  private let path: String

  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure }
  }

  deinit { close(descriptor) }

  func replace(with bytes: [UInt8]) throws {
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else { throw failure }
  }

  private var failure: Fault { Fault(reason: "\(path) cannot be written: \(String(cString: strerror(errno)))") }
}
