import Schemas
import Values

/// A question, and what this machine answers.
struct LessonSection {
  /// For links to it.
  let name: String
  let question: String
  /// What to look for, and why it is asked.
  let why: String
  let claims: [String]
  /// For the list at the page's top; nil without claims.
  let answer: String?
  let figures: [Figure]
  let tables: [PageTable]
  /// Those that repeat it.
  let commands: [String]
  /// Why there are no claims.
  let missing: String?

  private init(
    _ name: String, _ question: String, why: String, claims: [String], figures: [Figure?] = [],
    tables: [PageTable?] = [], answers: Int = 1, of parts: [String], in file: LessonFile
  ) {
    (self.name, self.question, self.why, self.claims) = (name, question, why, claims)
    (self.figures, self.tables) = (figures.compactMap { $0 }, tables.compactMap { $0 })
    answer = claims.isEmpty ? nil : claims.prefix(answers).joined(separator: " ")
    let own = file.parts.filter { parts.contains($0.part) }
    commands = own.filter { $0.problem == nil }.map(\.command)
    missing = claims.isEmpty ? own.compactMap(\.problem).first ?? "It was not measured." : nil
  }
}

extension LessonSection {
  /// The story, in order.
  static func all(_ file: LessonFile) -> [LessonSection] {
    [oneCore(file), ideas(file), talking(file), cores(file), far(file), loss(file), cost(file)]
  }

  private static func oneCore(_ file: LessonFile) -> LessonSection {
    LessonSection(
      "one-core", "What does one core do?",
      why:
        "The model is tiny on purpose. Everything else on this page is compared with the best that one core can do, so that "
        + "comes first: a whole training step, from choosing names to the update.",
      claims: file.bench.map(LessonClaims.oneCore) ?? [], figures: [LessonFigures.shareOfPeak(file)],
      tables: [file.bench.map { PageTable(.lesson($0.atOneBatch)) }], of: ["bench"], in: file)
  }

  private static func ideas(_ file: LessonFile) -> LessonSection {
    LessonSection(
      "ideas", "What is each idea worth?",
      why:
        "One step, made faster one idea at a time. All rungs compute the same gradient; the command checks that first.",
      claims: file.ladder.map(LessonClaims.ideas) ?? [], figures: [LessonFigures.ideas(file)],
      tables: [file.ladder.map { PageTable(.lesson($0.rungs)) }], of: ["ladder"], in: file)
  }

  private static func talking(_ file: LessonFile) -> LessonSection {
    LessonSection(
      "talking", "What does talking cost?",
      why:
        "Cores that share a batch have to add up their gradients in every step. That is the ceremony: it produces nothing, and "
        + "its price hardly depends on how much work there is.",
      claims: file.strategies.map(LessonClaims.talking) ?? [], figures: [LessonFigures.talking(file)],
      tables: [file.strategies.map { PageTable(.lesson($0.widths.flatMap { $0 })) }], of: ["strategies"], in: file)
  }

  private static func cores(_ file: LessonFile) -> LessonSection {
    LessonSection(
      "cores", "When does another core pay?",
      why:
        "The same batch on one core and on all, in turns. When the work is smaller than the ceremony around it, the faster "
        + "machine loses.",
      claims: file.scaling.map(LessonClaims.cores) ?? [], figures: [LessonFigures.cores(file)],
      tables: [file.scaling.map { PageTable(.lesson($0.besideOneCore)) }], of: ["scaling"], in: file)
  }

  private static func far(_ file: LessonFile) -> LessonSection {
    LessonSection(
      "far", "How far does it go?",
      why:
        "One core can play the ranks of a large machine one after another. That shows what no machine can give back: names "
        + "cannot be cut, and prefixes that two ranks share are computed twice.",
      claims: LessonClaims.far(file.ceiling, file.scaling), figures: [LessonFigures.ceiling(file)],
      tables: [file.ceiling.map { PageTable(.lesson($0.ceiling)) }], of: ["ceiling", "scaling"], in: file)
  }

  private static func loss(_ file: LessonFile) -> LessonSection {
    LessonSection(
      "loss", "What is it worth for the loss?",
      why:
        "Nobody wants steps. People want a model that is good enough, soon. A larger batch feeds more cores and takes fewer "
        + "steps, but not as few as it is larger.",
      claims: file.race.map(LessonClaims.loss) ?? [],
      figures: [file.race.flatMap { RaceCurves.lossAgainstTime($0, shape: .half) }],
      tables: [
        file.race.map { race in PageTable(.race([race.reference].compactMap { $0 } + race.race)) }
      ], answers: 2, of: ["race"], in: file)
  }

  private static func cost(_ file: LessonFile) -> LessonSection {
    let rows = file.scaling?.lessonCosts ?? []
    return LessonSection(
      "cost", "What does it cost?",
      why: "A core that waits draws power and is paid for. So the price of speed is counted in core-seconds.",
      claims: LessonClaims.cost(rows), figures: [LessonFigures.cost(file)],
      tables: rows.isEmpty ? [] : [PageTable(.lesson(rows))], of: ["scaling"], in: file)
  }
}
