/// What is said on one connection of a sender, and what the supervisor has confirmed of it.
struct Conversation: Sendable {
  /// Number of the last beat.
  private(set) var sent: Int
  private var confirmed: Int
  /// What has been said on this connection, with the number of its beat.
  private var begin: (said: SenderRequests.Begin, beat: Int)?
  private var end: (said: SenderRequests.End, beat: Int)?

  /// Beats without an answer after which no further signs are sent. A supervisor that is only stopped must not find the
  /// socket full: the kernel would take it for lost.
  static let mostUnanswered = 2

  /// - Parameter beats: what earlier connections have counted to.
  init(beats: Int) { (sent, confirmed) = (beats, beats) }

  /// Whether the last word is the next thing to say.
  func isLast(_ asked: SenderRequests.State) -> Bool { asked.end != nil && end == nil }

  /// What to say next, in this order: the signs, that training has begun, the last word.
  ///
  /// - Parameter signs: nil where it is not yet time for some.
  mutating func messages(signs: [LifeSign]?, _ asked: SenderRequests.State) -> [LifeMessage] {
    guard end == nil else { return [] }
    let isTime = signs != nil && sent - confirmed < Self.mostUnanswered
    var messages: [LifeMessage] = isTime ? (signs ?? []).map { .sign($0) } : []
    if let said = asked.begin, said != begin?.said {
      messages.append(.begin(ranks: said.ranks, step: said.step))
      begin = (said, sent + 1)
    }
    if let said = asked.end {
      messages.append(.end(said.ending, code: said.code))
      end = (said, sent + 1)
    }
    guard isTime || !messages.isEmpty else { return [] }
    sent += 1
    return messages + [.beat(sent)]
  }

  /// - Returns: what the supervisor has confirmed with the answer to this beat, if it was asked for one; nil where it
  ///   was not.
  mutating func heard(_ number: Int) -> (begin: SenderRequests.Begin?, end: SenderRequests.End?)? {
    guard number > confirmed, number <= sent else { return nil }
    confirmed = number
    let begun = begin.flatMap { $0.beat <= number ? $0.said : nil }
    let ended = end.flatMap { $0.beat <= number ? $0.said : nil }
    return (begun, ended)
  }
}
