/// Puts what ranks say after the news that mpirun has started: on a busy machine they may be heard before.
struct EventOrder {
  /// What ranks have said since a start began; nil where none is under way.
  private var early: [SupervisionEvent]?

  mutating func startBegins() { early = [] }

  /// - Returns: what supervision is to hear now.
  mutating func take(_ event: SupervisionEvent) -> [SupervisionEvent] {
    guard let kept = early else { return [event] }
    switch event {
    case .channelOpened, .channelClosed, .signs, .begun, .ended:
      early = kept + [event]
      return []
    case .started:
      early = nil
      return [event] + kept
    case .startFailed, .exited:
      early = nil
      return [event]
    case .began, .tick, .hostsLeftOut, .hostLost, .stopAsked, .readerLeft, .readerWaits: return [event]
    }
  }
}
