/// Takes away what mpirun itself says after a rank has ended with an exit code: the rank has said why, in one line. All else
/// passes byte for byte: what ranks say, in any language and with any tags, and mpirun's other words, such as of a rank that
/// was killed or never started.
///
/// mpirun writes a box: a rule, lines of text, a rule. A rule is held back until the line after it tells what of, and such a box
/// until it ends. One that does not end, because mpirun was killed or words differently, must not take a job's later words with
/// it: after so many lines or bytes, and at the end, all of it is passed on.
struct BoxFilter {
  private enum State {
    case lineBegin
    case insideLine
    /// What has come of a rule, and of the line after it.
    case held
    /// In a box that nobody needs.
    case box
  }

  private var state = State.lineBegin
  /// Held back: it begins as a box that nobody needs would, or is one.
  private var held: [UInt8] = []
  /// Beginnings of boxes that it may become, while it is none yet.
  private var possible = unneeded
  /// Of the box: the lines that have ended, and the present one.
  private var lines = 0
  private var line: [UInt8] = []

  /// The boxes themselves have 3 to 7 lines, with names of hosts and processes.
  static let mostLines = 20
  static let mostBytes = 4096

  private static let rule = [UInt8](repeating: UInt8(ascii: "-"), count: 74) + [newline]
  private static let newline = UInt8(ascii: "\n")
  /// The second and the third are those of Open MPI 4 and 5.
  private static let unneeded = [
    "Primary job  terminated normally, but ", "mpirun detected that one or more processes exited with non-zero status",
    "prterun detected that one or more processes exited with non-zero status",
  ].map { rule + Array($0.utf8) }

  /// What of these bytes, and of those before, is to be written now.
  mutating func pass(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var passed: [UInt8] = []
    for byte in bytes { take(byte, &passed) }
    return passed
  }

  /// Those were all bytes.
  mutating func end() -> [UInt8] {
    defer { self = BoxFilter() }
    return held
  }

  private mutating func take(_ byte: UInt8, _ passed: inout [UInt8]) {
    switch state {
    case .insideLine:
      passed.append(byte)
      if byte == Self.newline { state = .lineBegin }
    case .lineBegin, .held:
      possible.removeAll { $0[held.count] != byte }
      held.append(byte)
      if possible.isEmpty {
        // It may still be the beginning of a rule, as after two rules of which the first ended another box.
        if held == Self.rule + Self.rule.prefix(1) {
          passed += Self.rule
          begin(.held, holding: Self.rule.prefix(1))
        } else {
          passed += held
          begin(byte == Self.newline ? .lineBegin : .insideLine)
        }
      } else if possible.contains(held) {
        state = .box
        // No rule, however it goes on.
        (lines, line) = (0, [0])
      } else {
        state = .held
      }
    case .box:
      held.append(byte)
      line.append(byte)
      if line == Self.rule {
        begin(.lineBegin)
      } else if byte == Self.newline {
        (lines, line) = (lines + 1, [])
        if lines > Self.mostLines || held.count >= Self.mostBytes { giveUp(.lineBegin, &passed) }
      } else if held.count >= Self.mostBytes, !Self.rule.starts(with: line) {
        giveUp(.insideLine, &passed)
      }
    }
  }

  /// That was no box of mpirun's.
  private mutating func giveUp(_ state: State, _ passed: inout [UInt8]) {
    passed += held
    begin(state)
  }

  private mutating func begin(_ state: State, holding held: ArraySlice<UInt8> = []) {
    (self.state, self.held, possible) = (state, Array(held), Self.unneeded)
  }
}
