import CSIMD
import Foundation
import MPI
import Synchronization
import Values

/// What the job's user looks at: a terminal, or what is none. One line of it may be drawn again and again, by rank 0; what
/// else this process writes finds that line cleared.
enum Screen {
  private struct State {
    /// Where rank 0 draws.
    var terminal: Terminal?
    /// Whether the job has one: the same on all ranks.
    var isFound = false
    var hasColour = (standardOutput: false, standardError: false)
    var showsStandardOutput = false
    var isDrawn = false
    /// Nothing is drawn before.
    var drawsFrom: UInt64 = 0
  }
  private static let state = Mutex(State())

  /// What is printed by way of mpirun needs so many nanoseconds to arrive, at most; what is drawn is there at once.
  private static let wayOfOutput: UInt64 = 300_000_000

  /// What rank 0 has found.
  private struct Facts: BitwiseCopyable {
    var hasTerminal, hasColour: Bool
  }

  /// Looks for the terminal. Collective.
  static func settle(over world: Communicator) throws(MPIError) {
    let environment = ProcessInfo.processInfo.environment
    let terminal = world.rank == 0 ? Terminal.find(environment: environment) : nil
    let allowsColour = Emphasis.isAllowed(by: environment)
    let facts = try world.broadcast(
      Facts(hasTerminal: terminal != nil, hasColour: terminal != nil && allowsColour))
    let showsStandardOutput = world.rank == 0 && Terminal.showsStandardOutput()
    state.withLock {
      $0.terminal = terminal
      $0.isFound = facts.hasTerminal
      $0.showsStandardOutput = showsStandardOutput
      $0.hasColour = (showsStandardOutput && allowsColour, facts.hasColour)
    }
  }

  static var hasTerminal: Bool { state.withLock { $0.isFound } }

  /// Whether what rank 0 prints is shown on a terminal; false on the others.
  static var showsStandardOutput: Bool { state.withLock { $0.showsStandardOutput } }

  /// Of standard output, and of standard error.
  static var hasColour: (standardOutput: Bool, standardError: Bool) { state.withLock { $0.hasColour } }

  /// Draws the line, no wider than the terminal is now.
  static func draw(_ fields: [LiveLine.Field]) {
    state.withLock { state in
      guard csimd_nanoseconds() >= state.drawsFrom else { return }
      let descriptor = state.terminal?.descriptor ?? STDERR_FILENO
      // A line that wraps cannot be drawn over. The last column stays empty: some terminals wrap when it is filled.
      let text = LiveLine.text(fields, within: Terminal.columns(of: descriptor) - 1)
      write(LineClearing.code + text, to: descriptor)
      state.isDrawn = true
    }
  }

  /// Clears the line, if one is drawn.
  static func clear() { withoutLine {} }

  /// Writes, with no line of this process where it will stand.
  static func withoutLine(_ write: () -> Void) {
    state.withLock { state in
      let isDirect = state.terminal?.isDirect ?? (Launch.current == .alone)
      if state.isDrawn {
        self.write(LineClearing.code, to: state.terminal?.descriptor ?? STDERR_FILENO)
        state.isDrawn = false
        // What is written next takes another way through mpirun, and must not be there before.
        if state.terminal == nil, !isDirect { usleep(30_000) }
      }
      write()
      if !isDirect { state.drawsFrom = csimd_nanoseconds() + wayOfOutput }
    }
  }

  /// Unbuffered. Where the terminal is gone there is nobody left to tell.
  private static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard written > 0 || errno == EINTR else { return }
      rest = rest.dropFirst(max(written, 0))
    }
  }
}
