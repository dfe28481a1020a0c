/// What is known of the attempt that runs.
struct Attempt {
  /// mpirun's.
  let process: Int32
  private(set) var ranks: Int
  let hosts: Int
  var board = RankBoard()
  var channels: Channels
  var escalation = Escalation()
  /// What rank 0 said it begins with.
  private(set) var begun: (step: Int, at: Double)?
  private(set) var word: (ending: JobEnding, code: Int32)?
  private(set) var lostHosts: [(name: String, wrong: String)] = []
  /// Whether supervision ended it because it hung.
  var hung = false
  /// Whether supervision ended it, for that or for a lost host. Its ranks may then say that they were asked to stop.
  var wasEnded = false
  /// When something moved last, and when any rank said anything, or would have been heard.
  var moved: Double
  private(set) var heard: Double
  /// When ranks that have not connected are said to be unheard; infinity once they have been.
  private(set) var openUntil: Double

  init(process: Int32, ranks: Int, hosts: Int, at now: Double) {
    (self.process, self.ranks, self.hosts) = (process, ranks, hosts)
    channels = Channels(at: now)
    (moved, heard, openUntil) = (now, now, now + Waits.opening)
  }

  /// By rank 0's word, or because a rank was seen training.
  var hasBegun: Bool { begun != nil || board.furthest != nil }

  /// The furthest step known, and when it was reached.
  var furthest: (step: Int, at: Double)? {
    guard let begun, begun.step >= board.furthest?.step ?? -1 else { return board.furthest }
    return begun
  }

  /// Whether it ran long enough without a connection that it may have trained unheard.
  var wasUnheard: Bool { !channels.wasOpen && openUntil == .infinity }

  /// Whether its exit code is all that can be known of its end.
  var mayFinishUnheard: Bool { !channels.wasOpen && !wasEnded }

  mutating func begin(ranks: Int, step: Int, at now: Double) {
    begun = (step, now)
    self.ranks = ranks
  }

  mutating func open(_ end: Channels.End, at now: Double) {
    let dark = channels.opened(end, at: now)
    (moved, heard) = (moved + dark, heard + dark)
  }

  mutating func hear(_ signs: [LifeSign], at now: Double) {
    for sign in signs where board.take(sign, at: now) { moved = now }
    if !signs.isEmpty { heard = now }
  }

  mutating func say(_ ending: JobEnding, code: Int32, at now: Double) {
    word = (ending, code)
    escalation.expectEnd(at: now)
  }

  mutating func lose(_ name: String, _ wrong: String) {
    if !lostHosts.contains(where: { $0.name == name }) { lostHosts.append((name, wrong)) }
  }

  /// Seconds in which nobody listened do not count.
  mutating func forgive(_ seconds: Double, at now: Double) {
    (moved, heard) = (now, now)
    openUntil += seconds
    channels.forgive(seconds)
  }

  /// Whether no connection has come in time; true once.
  mutating func isNewlyUnheard(at now: Double) -> Bool {
    guard !channels.wasOpen, now >= openUntil else { return false }
    openUntil = .infinity
    return true
  }

  /// For how long nothing has moved. 0 where nobody would know.
  func stalled(at now: Double) -> Double { channels.darkSince == nil ? now - moved : 0 }

  /// After how many seconds without a word ranks are gone, where they are. Connections on one host end with their
  /// ranks; a network may be down for a while, and say nothing of its end.
  func goneAfter(at now: Double) -> Double? {
    guard channels.wasOpen else { return nil }
    let isLocal = hosts <= 1
    guard channels.darkSince != nil || (!isLocal && !board.isEmpty) else { return nil }
    let limit = isLocal ? Waits.silence : Waits.silence + Waits.reconnecting
    return now - max(heard, channels.darkSince ?? heard) >= limit ? limit : nil
  }

  /// Whether some rank says something at this time.
  func isHeard(at now: Double) -> Bool { now - heard <= Waits.beat }

  /// Whether nothing speaks against a word of ranks that were stopped: mpirun that was asked to end says 1 or 143, on Open MPI 5
  /// also 0.
  func wasOnlyAsked(_ exit: Int32) -> Bool { lostHosts.isEmpty && [0, 1, 128 + 15].contains(exit) }

  /// The exit code of the job: rank 0's own where it said one, since that of an mpirun that had to be ended says
  /// nothing.
  func code(_ exit: Int32) -> Int32 {
    guard let word, word.code != 0 else { return exit }
    return word.code
  }
}
