import Values

/// One line between the ranks of a host and the supervisor.
///
///     hello 1 TOKEN RANK RANKS HOST           the first line of a connection; 1 is the version
///     sign RANK PROCESS STEP STAGE SECONDS SILENT
///     begin RANKS STEP                        the training begins
///     end ENDING CODE                         the last word
///     beat N                                  ends what belongs together; the supervisor answers it
///     heard N                                 the answer; `heard 0` answers hello
enum LifeMessage: Equatable, Sendable {
  case hello(SignToken, SignHost)
  case sign(LifeSign)
  case begin(ranks: Int, step: Int)
  case end(JobEnding, code: Int32)
  case beat(Int)
  case heard(Int)

  /// Of a line, in bytes, without its end.
  static let longestLine = 400

  private static let version = "1"
  private static let steps = 0...(1 << 60)
  private static let seconds = 0...Int(Int32.max)
  private static let beats = 0...(Int.max >> 1)

  /// Exactly what `line` writes, with numbers that can be.
  ///
  /// - Parameters:
  ///   - bytes: without the line's end.
  ///   - host: whose connection it is, for signs; nil before it has said so.
  /// - Returns: nil for anything else.
  init?(_ bytes: [UInt8], from host: SignHost?) {
    guard bytes.count <= Self.longestLine, bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return nil }
    let fields = bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    switch (fields[0], fields.count) {
    case ("hello", 6):
      guard fields[1] == Self.version, let token = SignToken(digits: fields[2]),
        let ranks = Self.number(fields[4], in: Self.ranks), let rank = Self.number(fields[3], in: 0...ranks - 1),
        SignHost.isValid(name: fields[5].utf8)
      else { return nil }
      self = .hello(token, SignHost(name: fields[5], rank: rank, ranks: ranks))
    case ("sign", 7):
      guard let host, let rank = Self.number(fields[1], in: 0...host.ranks - 1),
        let process = Self.number(fields[2], in: 1...Int(Int32.max)), let step = Self.number(fields[3], in: Self.steps),
        let stage = Self.stages[fields[4]], let seconds = Self.number(fields[5], in: Self.seconds),
        let silent = Self.number(fields[6], in: Self.seconds)
      else { return nil }
      self = .sign(
        LifeSign(
          rank: rank, process: Int32(process), host: host.name, step: step, stage: stage, seconds: seconds,
          silentFor: silent))
    case ("begin", 3):
      guard let host, let ranks = Self.number(fields[1], in: host.ranks...host.ranks),
        let step = Self.number(fields[2], in: Self.steps)
      else { return nil }
      self = .begin(ranks: ranks, step: step)
    case ("end", 3):
      guard host != nil, let ending = JobEnding(rawValue: fields[1]), let code = Self.number(fields[2], in: 0...255)
      else { return nil }
      self = .end(ending, code: Int32(code))
    case ("beat", 2):
      guard host != nil, let number = Self.number(fields[1], in: Self.beats) else { return nil }
      self = .beat(number)
    case ("heard", 2):
      guard let number = Self.number(fields[1], in: Self.beats) else { return nil }
      self = .heard(number)
    default: return nil
    }
  }

  /// With its end.
  var line: String {
    switch self {
    case .hello(let token, let host): "hello \(Self.version) \(token.digits) \(host.rank) \(host.ranks) \(host.name)\n"
    case .sign(let sign):
      "sign \(sign.rank) \(sign.process) \(sign.step) \(sign.stage) \(sign.seconds) \(sign.silentFor)\n"
    case .begin(let ranks, let step): "begin \(ranks) \(step)\n"
    case .end(let ending, let code): "end \(ending.rawValue) \(code)\n"
    case .beat(let number): "beat \(number)\n"
    case .heard(let number): "heard \(number)\n"
    }
  }

  private static let stages = Dictionary(uniqueKeysWithValues: RunStage.allCases.map { ("\($0)", $0) })
  private static let ranks = 1...(1 << 24)

  /// Decimal digits without a sign and without zeros in front: every number is written in one way.
  private static func number(_ text: String, in range: ClosedRange<Int>) -> Int? {
    guard (1...19).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      text == "0" || !text.hasPrefix("0"), let number = Int(text), range.contains(number)
    else { return nil }
    return number
  }
}
