/// What the lesson runs.
struct LessonPlan {
  /// A command of this program's.
  struct Part {
    /// Of `LessonPart`.
    let part: String
    /// For people.
    let title: String
    let words: [String]
    /// 1: by itself, without mpirun.
    var ranks = 1
    /// Seconds that it may take on two cores.
    let budget: Double
  }

  /// The stored configurations that race to a loss: a results file of sweep, in the project's folder.
  static let contenders = "configs/lesson/race.jsonl"

  let parts: [Part]

  /// - Parameters:
  ///   - ranks: of jobs of several ranks; there are none for 1.
  ///   - quick: about a minute instead of about four.
  init(ranks: Int, quick: Bool) {
    func seconds(_ whole: Double, _ short: Double) -> [String] { ["--seconds", "\(quick ? short : whole)"] }
    let widths = ["--d-model"] + (quick ? ["16", "64", "256"] : ["16", "32", "64", "128", "256"])
    let played = [1, 2, 4, 8, 16, 32, 64, 128, 192].filter { $0 > 1 }.map(String.init)
    var parts = [
      Part(part: "bench", title: "one core", words: ["bench"] + widths + seconds(1.5, 0.5), budget: quick ? 5 : 12),
      Part(
        part: "ladder", title: "what ideas are worth", words: ["ladder", "--d-model", "16"] + seconds(12, 3),
        ranks: ranks, budget: quick ? 8 : 18),
      Part(
        part: "ceiling", title: "many cores, played by one",
        words: ["ceiling", "--d-model", "16", "64", "--ranks"] + played + ["--steps", quick ? "10" : "60"],
        budget: quick ? 8 : 30),
      Part(
        part: "race", title: "a race to a loss",
        words: ["race", "--from", Self.contenders, "--target", "2.0", "--no-table", "--limit", quick ? "20s" : "75s"],
        ranks: ranks, budget: quick ? 20 : 80),
    ]
    if ranks > 1 {
      parts.insert(
        Part(
          part: "strategies", title: "ways to talk", words: ["bench", "--sync"] + widths + seconds(4, 1),
          ranks: ranks, budget: quick ? 8 : 30),
        at: 2)
      parts.insert(
        Part(
          part: "scaling", title: "one core against all",
          words: ["scaling", "--mode", "strong"] + widths + seconds(8, 2), ranks: ranks, budget: quick ? 12 : 55),
        at: 3)
    }
    self.parts = parts
  }

  /// Seconds of all parts together.
  var budget: Double { parts.reduce(0) { $0 + $1.budget } }
}

extension LessonPlan.Part {
  /// As one types it.
  var command: String {
    (ranks > 1 ? "ddp-launch run --ranks \(ranks) -- " : "ddp-train ") + words.joined(separator: " ")
  }
}
