import Schemas

/// How strategies and phases look: colours of Okabe and Ito (Color Universal Design, 2008), told apart by colour-blind
/// readers; where there is no colour, by points, dashes and lightness.
enum Appearance {
  struct Line {
    var colour: String
    /// gnuplot's numbers.
    var point: Int
    var dash: Int

    /// gnuplot's words.
    func words(width: Double = 2) -> String {
      "lc rgb '\(colour)' lw \(width) dt \(dash) pt \(point) ps 0.85"
    }
    func dashed() -> String { "lc rgb '\(colour)' lw 1.8 dt 3" }
    func points() -> String { "lc rgb '\(colour)' lw 1.4 pt \(point) ps 0.95" }
  }

  private static let lines = [
    Line(colour: "#0072B2", point: 7, dash: 1), Line(colour: "#E69F00", point: 5, dash: 4),
    Line(colour: "#009E73", point: 9, dash: 1), Line(colour: "#CC79A7", point: 13, dash: 5),
    Line(colour: "#D55E00", point: 11, dash: 2), Line(colour: "#56B4E9", point: 4, dash: 1),
    Line(colour: "#000000", point: 6, dash: 1),
  ]
  private static let known = ["allreduce", "sharded", "shared", "hierarchical", "overlap", "factors", "auto"]

  /// In every figure a strategy has its colour and its point, and a mode its line: strong scaling a whole one, weak scaling a
  /// dashed one.
  static func line(_ strategy: String, mode: ScalingMode = .strong) -> Line {
    let sum = strategy.utf8.reduce(0) { ($0 + Int($1)) % lines.count }
    var line = lines[known.firstIndex(of: strategy) ?? sum]
    line.dash = mode == .strong ? 1 : 2
    return line
  }

  /// The next one for each curve of a figure that is not of strategies.
  static func line(number: Int) -> Line { lines[number % lines.count] }

  /// Of a step, from the bottom of a bar upwards.
  static let phases = [
    (name: "compute", colour: "#08306B"), (name: "wait", colour: "#E6E6E6"), (name: "communication", colour: "#D55E00"),
    (name: "Adam", colour: "#56B4E9"), (name: "one core’s step", colour: "#8C8C8C"),
  ]
}
