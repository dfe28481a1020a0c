import Files

/// A connection as the listener sees it: what has been said on it so far.
struct HeardConnection {
  var lines: LineConnection
  /// By when its first line has to be complete.
  let helloDeadline: Deadline
  /// Nil until it has said so, with the right token.
  private(set) var host: SignHost?
  /// Said, and not told yet.
  private var signs: [Int: LifeSign] = [:]

  /// Bytes of answers that a sender may leave unread.
  private static let mostWaiting = 4096

  init(_ socket: Descriptor, hello seconds: Double) {
    lines = LineConnection(socket)
    helloDeadline = Deadline(in: seconds)
  }

  /// Takes one line.
  ///
  /// - Returns: what it tells; nil where the connection is not to be listened to any longer.
  mutating func take(_ line: [UInt8], token: SignToken) -> [SignEvent]? {
    guard let message = LifeMessage(line, from: host) else { return nil }
    switch (message, host) {
    case (.hello(let said, let host), nil):
      guard said == token else { return nil }
      self.host = host
      return answer(0) ? [.opened(host: host.name, leader: host.rank, ranks: host.ranks)] : nil
    case (.sign(let sign), _?):
      signs[sign.rank] = sign
      return []
    case (.begin(let ranks, let step), _?): return takeSigns() + [.begun(ranks: ranks, step: step)]
    case (.end(let ending, let code), _?): return takeSigns() + [.ended(ending, code: code)]
    case (.beat(let number), _?): return answer(number) ? takeSigns() : nil
    default: return nil
    }
  }

  private mutating func takeSigns() -> [SignEvent] {
    guard !signs.isEmpty else { return [] }
    defer { signs.removeAll(keepingCapacity: true) }
    return [.signs(signs.values.sorted { $0.rank < $1.rank })]
  }

  private mutating func answer(_ number: Int) -> Bool {
    lines.send([.heard(number)]) && lines.waiting <= Self.mostWaiting
  }
}
