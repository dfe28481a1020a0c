import CSIMD
import Foundation
import MPI
import Synchronization
import Values

/// Shows rank 0's user how far a command is: one live line where a terminal is found, lines elsewhere, or nothing.
///
/// What is shown is asked again for every drawing, also by a thread of its own, in the middle of a step that takes minutes:
/// a live line is never older than about a second, and between two lines lie at most ten.
final class ProgressDisplay: Sendable {
  enum Style: Sendable { case live, lines, none }
  /// What there is to say at the time at which it is asked.
  typealias Content = @Sendable () -> [LiveLine.Field]

  /// How it looks on rank 0; the same on all ranks.
  let style: Style
  private let speaks: Bool
  private let clock: @Sendable () -> UInt64
  private let put: @Sendable ([LiveLine.Field]) -> Void
  private let start: UInt64

  private struct State {
    var content: Content?
    var lastDrawn: UInt64
    /// Of the thread that draws; another number ends it.
    var thread = 0
    var hasThread = false
  }
  private let state: Mutex<State>

  private static let second: UInt64 = 1_000_000_000
  /// How often the thread looks.
  static let tickInterval = second / 2

  /// - Parameters:
  ///   - isQuiet: whether nothing but results is wanted.
  ///   - isWatched: whether ranks say where they are, line by line, to whoever reads them.
  convenience init(
    _ mode: ProgressMode, isQuiet: Bool = false, isWatched: Bool = false, on world: Communicator
  ) {
    let isLive = !isWatched && (mode == .always || Screen.hasTerminal)
    let style: Style = isQuiet || mode == .never ? .none : isLive ? .live : .lines
    // What another rank has to say must not be glued to the line.
    if style == .live { LineClearing.begin() }
    self.init(style, speaks: world.rank == 0, clock: { csimd_nanoseconds() }) { fields in
      if style == .live { Screen.draw(fields) } else { writeToStandardError(LiveLine.text(fields) + "\n") }
    }
  }

  /// - Parameters:
  ///   - clock: nanoseconds of a clock that nobody sets.
  ///   - put: shows a line.
  init(
    _ style: Style, speaks: Bool, clock: @escaping @Sendable () -> UInt64,
    put: @escaping @Sendable ([LiveLine.Field]) -> Void
  ) {
    (self.style, self.speaks, self.clock, self.put) = (style, speaks, clock, put)
    start = clock()
    state = Mutex(State(lastDrawn: start))
  }

  private var isShown: Bool { speaks && style != .none }

  /// Since this value was made, by its clock.
  var seconds: Double { Double(clock() - start) * 1e-9 }

  /// What there is to say from now on; drawn where it is time for it.
  ///
  /// - Parameter atOnce: whether it must not be missed.
  func show(atOnce: Bool = false, _ content: @escaping Content) {
    guard isShown else { return }
    say(content) { age in atOnce || age >= (self.style == .live ? Self.second / 10 : Self.mostBetweenLines) }
    startThread()
  }

  /// What there is to say from now on, if it takes long.
  func begin(_ content: @escaping Content) {
    guard isShown else { return }
    say(content) { _ in false }
    startThread()
  }

  /// A stage of which nobody knows how long it takes.
  func begin(stage: String) {
    begin { [self] in [(clockTime, 0), (stage, 1)] }
  }

  /// "0:12"
  private var clockTime: String { Values.clock(seconds: seconds) }

  /// Draws what has not been drawn for long.
  func tick() {
    say(nil) { age in age >= (self.style == .live ? Self.second : Self.mostBetweenLines) }
  }

  /// Leaves the live line. Another stage may follow.
  func finish() {
    guard isShown else { return }
    state.withLock {
      $0.content = nil
      $0.thread += 1
      $0.hasThread = false
    }
    if style == .live { Screen.clear() }
  }

  /// The next look must not come too late.
  private static let mostBetweenLines = 10 * second - tickInterval

  /// - Parameter isDue: whether to draw what was drawn so many nanoseconds ago.
  private func say(_ content: Content?, _ isDue: (_ age: UInt64) -> Bool) {
    state.withLock { state in
      if let content { state.content = content }
      let now = clock()
      guard let content = state.content, isDue(now - state.lastDrawn) else { return }
      state.lastDrawn = now
      put(content())
    }
  }

  private func startThread() {
    let number: Int? = state.withLock {
      guard !$0.hasThread else { return nil }
      $0.hasThread = true
      return $0.thread
    }
    guard let number else { return }
    let thread = Thread { [self] in
      while state.withLock({ $0.thread == number }) {
        usleep(UInt32(Self.tickInterval / 1000))
        tick()
      }
    }
    thread.name = "progress"
    thread.start()
  }
}
