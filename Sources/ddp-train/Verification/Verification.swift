import CSIMD
import Chain
import Checkpoints
import DataParallel
import MPI
import Options
import Schemas
import Values

/// Checks a run that somebody hands over: first its links, then its segments, each on a rank of its own.
struct Verification {
  let options: OptionValues<VerifyCommand.Table>
  let world: Communicator
  let display: ProgressDisplay

  /// Collective.
  ///
  /// - Returns: the same on all ranks, times excepted.
  /// - Throws: `JobFailure` and `Stopped` on all ranks. A run that is not what it says is a result.
  func run(_ path: String) throws -> VerificationFile {
    let start = csimd_nanoseconds()
    display.begin(stage: "reading \(path)")
    let chain = try KeptChain(path: path, world: world)
    var file = try described(chain)
    let names = try NamesOfRun(chain, given: options.data, world: world)
    file.namesRead = "\(names.digest)"
    if let what = names.problem(of: chain) { file.problems.insert(what, at: 0) }
    if names.isOfRun(chain) {
      if let what = try startProblem(chain) { file.problems.insert(what, at: 0) }
      try replay(chain, names, &file)
    }
    file.verdict = file.problems.isEmpty && file.parted == nil ? "verified" : "not verified"
    (file.ranks, file.seconds) = (world.size, Double(csimd_nanoseconds() - start) * 1e-9)
    return file
  }

  /// What the chain says of itself, and whether its head is the one that is expected.
  private func described(_ chain: KeptChain) throws -> VerificationFile {
    try onEveryRank(of: world) {
      guard let head = chain.head, let link = head.link, let digest = head.digest else {
        throw CommandFailure("\(chain.path): no link in it can be read: \(chain.problems.first?.what ?? "")")
      }
      var file = VerificationFile()
      (file.path, file.head, file.step, file.links) = (chain.path, "\(digest)", head.step, link.number + 1)
      (file.steps, file.names) = (Int(link.settings["steps"] ?? "") ?? head.step, "\(link.names)")
      file.runIsa = Array(Set(chain.links.compactMap(\.instructionSet))).sorted()
      file.isa = String(cString: csimd_built_for())
      (file.problems, file.segments) = (chain.problems, chain.segments.count)
      if let expected = options.head, expected.digest != digest {
        file.problems.append(
          KeptChain.problem(head.path, head.step, "is not the head that is expected: its link is \(digest)"))
      }
      return file
    }
  }

  /// What is wrong with the start of the chain, which is in no file. Collective.
  private func startProblem(_ chain: KeptChain) throws -> ChainProblem? {
    try onEveryRank(of: world) {
      guard let first = chain.links.first(where: { $0.link?.previousStep == 0 && $0.defect == nil }),
        let link = first.link
      else { return nil }
      let start = ChainLink(
        number: 0, step: 0, previousStep: 0, previous: .zeros, program: ChainLink.noProgram, names: link.names,
        averagedSteps: 0, settings: link.settings, tensors: try ChainReplay.startRoots(first, in: chain.path))
      guard try ChainEntry(start).digest != link.previous else { return nil }
      return KeptChain.problem(
        first.path, first.step, "does not hang on the model with which a run of its settings begins")
    }
  }

  /// Collective.
  private func replay(_ chain: KeptChain, _ names: NamesOfRun, _ file: inout VerificationFile) throws {
    let seed = try world.broadcast(options.seed ?? UInt64.random(in: 0...UInt64(UInt32.max)))
    let segments = chain.segments
    let sound = Set(chain.soundSegments.map(\.to.step))
    let chosen = options.choice.indices(of: segments.count, seed: seed).filter { sound.contains(segments[$0].to.step) }
    if case .random = options.choice { file.seed = "\(seed)" }
    if let head = chain.head { try ChainReplay.requireMemory(for: head, names.names, over: world) }
    guard let alone = try world.split(color: world.rank) else { preconditionFailure("every rank has a color") }
    display.begin(stage: "replaying \(plural(chosen.count, "segment"))")
    let progress = CountProgress(display, "segments", of: max(chosen.count, 1))
    let own = try world.apart { between in
      let replay = ChainReplay(chain: chain, names: names.names, group: alone.communicator, between: between)
      var own: [SegmentResult] = []
      for index in stride(from: world.rank, to: chosen.count, by: world.size) {
        try StopSignal.check()
        own.append(try replay.verify(segments[chosen[index]], metrics: options.metrics))
        progress.show(min(own.count * world.size, chosen.count))
      }
      return own
    }
    let results = try world.allGather(ofEach: own).sorted { $0.toStep < $1.toStep }
    file.replayed = results.count
    file.probability = segments.isEmpty ? 0 : Double(results.count) / Double(segments.count)
    file.parted = results.first { $0.parted != nil }?.parted
    file.partedSegments = results.count { $0.parted != nil }
  }
}

extension OptionValues<VerifyCommand.Table> {
  fileprivate var choice: SegmentChoice { self.segments ?? .all }
}
