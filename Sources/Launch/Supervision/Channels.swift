/// The connections of an attempt, one for each host.
struct Channels {
  struct End: Hashable {
    let host: String
    /// The rank that speaks for it.
    let leader: Int
  }

  private var open: Set<End> = []
  /// When those that are lost were closed.
  private var closed: [End: Double] = [:]
  /// Hosts whose loss has been said.
  private var said: Set<End> = []
  /// Whether there has ever been one.
  private(set) var wasOpen = false
  /// Since when there is none; nil where there is one.
  private(set) var darkSince: Double?

  /// - Parameter now: when the attempt started.
  init(at now: Double) { darkSince = now }

  /// - Returns: how long there has been none, in seconds.
  mutating func opened(_ end: End, at now: Double) -> Double {
    open.insert(end)
    closed[end] = nil
    said.remove(end)
    wasOpen = true
    guard let since = darkSince else { return 0 }
    darkSince = nil
    // Others that were lost in the same time may come back as late.
    let dark = max(0, now - since)
    closed = closed.mapValues { $0 + dark }
    return dark
  }

  mutating func closed(_ end: End, at now: Double) {
    guard open.remove(end) != nil else { return }
    closed[end] = now
    if open.isEmpty { darkSince = now }
  }

  /// Seconds in which nobody listened do not count.
  mutating func forgive(_ seconds: Double) {
    darkSince = darkSince.map { $0 + seconds }
    closed = closed.mapValues { $0 + seconds }
  }

  /// Hosts that have been lost for longer than ranks try to come back; each once.
  mutating func newlyLost(at now: Double) -> [String] {
    guard !closed.isEmpty else { return [] }
    let lost = closed.filter { now - $0.value >= Waits.reconnecting && !said.contains($0.key) }.keys
    said.formUnion(lost)
    return lost.map(\.host).sorted()
  }
}
