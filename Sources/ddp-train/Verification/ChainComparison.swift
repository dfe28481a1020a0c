import Chain
import Checkpoints
import DataParallel
import MPI
import Options
import Schemas
import Values

/// Finds where two runs part: the first segment by their links, the step in it by training both again.
struct ChainComparison {
  let data: String?
  let world: Communicator
  let display: ProgressDisplay

  /// One run's segment in which they part.
  private struct Side {
    let chain: KeptChain
    let segment: KeptChain.Segment
  }

  /// What a replay of one side came to.
  private struct Replayed: Codable {
    let side: Int
    /// Of all tensors together after each step, the first after the segment's first step.
    var digests: [Digest] = []
    /// Whether its own link came out again.
    var isOwn = false
    /// Why it could not be trained.
    var failure: String?
    /// After the last step that was wanted.
    var roots: [TensorRoot] = []
  }

  /// Collective.
  ///
  /// - Returns: the same on all ranks.
  func run(_ a: String, _ b: String) throws -> ChainComparisonFile {
    display.begin(stage: "reading \(a) and \(b)")
    let chains = try [a, b].map { try KeptChain(path: $0, world: world) }
    try onEveryRank(of: world) {
      for problem in chains.flatMap(\.problems) { throw CommandFailure("\(problem.path): \(problem.what)") }
    }
    var file = ChainComparisonFile()
    (file.a, file.b) = (a, b)
    file.differences = Self.differences(chains[0], chains[1])
    let common = chains[0].links.map(\.step).filter { chains[1][$0] != nil }
    (file.commonLinks, file.lastCommonStep) = (common.count, common.last ?? 0)
    let first = common.first { chains[0][$0]?.link?.tensors != chains[1][$0]?.link?.tensors }
    guard let first, let ends = Self.both(chains, first) else { return file }
    let before = common.last { $0 < first }
    let starts = before.flatMap { Self.both(chains, $0) }
    let sides = zip(chains, ends).enumerated().map { index, pair in
      Side(chain: pair.0, segment: KeptChain.Segment(from: starts?[index], to: pair.1))
    }
    var parted = PartedBits {
      ($0.fromStep, $0.toStep) = (before ?? 0, first)
      $0.tensors = (ends[0].link?.tensors ?? []).differences(from: ends[1].link?.tensors ?? [])
    }
    try narrow(&parted, sides)
    file.parted = parted
    return file
  }

  private static func both(_ chains: [KeptChain], _ step: Int) -> [KeptLink]? {
    guard let a = chains[0][step], let b = chains[1][step] else { return nil }
    return [a, b]
  }

  private static func differences(_ a: KeptChain, _ b: KeptChain) -> [SettingDifference] {
    guard let one = a.head?.link, let two = b.head?.link else { return [] }
    var (first, second) = (one.settings, two.settings)
    (first["names"], second["names"]) = ("\(one.names)", "\(two.names)")
    (first["program"], second["program"]) = (one.program, two.program)
    return SettingDifference.all(first, second)
  }

  /// Trains both segments again, and compares them step by step. Collective.
  private func narrow(_ parted: inout PartedBits, _ sides: [Side]) throws {
    let isAcrossChange = sides.contains { side in
      let inside = side.segment.fromStep + 1..<side.segment.to.step
      return RunChain.changes(side.segment.to.link?.settings ?? [:]).contains { inside.contains($0) }
    }
    guard !isAcrossChange else {
      parted.note = "one of them was given other steps in between: no replay goes over that"
      return
    }
    let names = try sides.map { try NamesOfRun($0.chain, given: data, world: world) }
    for (side, names) in zip(sides, names) {
      guard let problem = names.problem(of: side.chain) else { continue }
      parted.note = "\(problem.path) \(problem.what)"
      return
    }
    for (side, names) in zip(sides, names) {
      try ChainReplay.requireMemory(for: side.segment.to, names.names, over: world)
    }
    guard let alone = try world.split(color: world.rank) else { preconditionFailure("every rank has a color") }
    display.begin(stage: "replaying steps \(grouped(parted.fromStep + 1)) to \(grouped(parted.toStep)) of both")
    func replayed(until step: Int?) throws -> [Replayed] {
      let own = try world.apart { between in
        try sides.indices.filter { $0 % world.size == world.rank }.map { index in
          let replay = ChainReplay(
            chain: sides[index].chain, names: names[index].names, group: alone.communicator, between: between)
          return try Self.replayed(index, sides[index].segment, replay, until: step)
        }
      }
      return try world.allGather(ofEach: own).sorted { $0.side < $1.side }
    }
    if parted.fromStep == 0 {
      let starts = try onEveryRank(of: world) {
        try sides.map { try ChainReplay.startRoots($0.segment.to, in: $0.chain.path) }
      }
      guard starts[0] == starts[1] else {
        (parted.toStep, parted.step, parted.tensors) = (0, 0, starts[0].differences(from: starts[1]))
        return
      }
    }
    let whole = try replayed(until: nil)
    for (side, result) in zip(sides, whole) where !result.isOwn {
      parted.note =
        "\(side.chain.path) does not come out again there" + (result.failure.map { " (\($0))" } ?? "")
        + ": verify with its metrics says where it went wrong"
      return
    }
    guard let index = zip(whole[0].digests, whole[1].digests).enumerated().first(where: { $0.1.0 != $0.1.1 })?.0
    else { return }
    let step = parted.fromStep + 1 + index
    let ends = try replayed(until: step)
    (parted.fromStep, parted.toStep, parted.step) = (step - 1, step, step)
    parted.tensors = ends[0].roots.differences(from: ends[1].roots)
  }

  /// - Parameter step: the last step, by steps done; nil for the whole segment, with a digest of each step.
  private static func replayed(
    _ side: Int, _ segment: KeptChain.Segment, _ replay: ChainReplay, until last: Int?
  ) throws -> Replayed {
    var result = Replayed(side: side)
    let hasher = try SHA256()
    do {
      try replay.run(segment, isWanted: { last == nil || last == $0 }) { step, roots in
        if last == nil {
          for tensor in roots { try hasher.update(tensor.root.bytes) }
          result.digests.append(try hasher.finish())
        }
        if step == last { result.roots = roots }
        if step == segment.to.step { result.isOwn = segment.to.link?.tensors == roots }
        return step != last
      }
    } catch let failure as JobFailure {
      result.failure = failure.description
    }
    return result
  }
}
