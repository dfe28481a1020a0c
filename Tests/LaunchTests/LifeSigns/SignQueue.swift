import Glibc
import Synchronization

@testable import Launch

/// Events from the thread that hears them for another one that takes them.
final class SignQueue: Sendable {
  private let events = Mutex<[SignEvent]>([])
  private let wake: Wake
  private let mostSigns: Int

  /// - Parameter mostSigns: events that wait, beyond which further signs are left out: the next ones are newer. All
  ///   others are kept.
  /// - Throws: where the process has no descriptor left.
  init(mostSigns: Int = 10_000) throws(LifeSignListenerError) {
    guard let wake = Wake() else { throw .lastError("a wait for signs of life") }
    (self.wake, self.mostSigns) = (wake, mostSigns)
  }

  func put(_ event: SignEvent) {
    events.withLock { events in
      if case .signs = event, events.count >= mostSigns { return }
      events.append(event)
    }
    wake.wake()
  }

  /// The oldest event that nobody has taken yet.
  ///
  /// - Parameter seconds: how long it waits for one.
  /// - Returns: nil where none has come.
  func next(within seconds: Double) -> SignEvent? {
    let deadline = Deadline(in: seconds)
    while true {
      if let event = events.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return event }
      guard wake.wait(deadline) else { return nil }
    }
  }
}
