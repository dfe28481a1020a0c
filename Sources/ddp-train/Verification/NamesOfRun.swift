import Chain
import Checkpoints
import DataParallel
import MPI
import Schemas

/// The names with which a run is replayed, read on every rank, and whether they are the run's.
struct NamesOfRun {
  let source: NameSource
  let names: RunNames
  let digest: Digest

  /// Collective.
  ///
  /// - Parameter given: where the names are; nil for where the run had them.
  init(_ chain: KeptChain, given: String?, world: Communicator) throws {
    let first = chain.links.first
    let source = try onEveryRank(of: world) { NameSource(try given ?? first?.data ?? RunPlan.defaultData()) }
    let evaluation = first?.link?.settings["eval"] == "true"
    let host = try HostGroup(world)
    let names = try RunNames.read(
      source, skipInvalid: first?.skipsInvalid ?? false, evaluation: evaluation, waiting: .ofProgram,
      host: host.communicator, over: world)
    (self.source, self.names) = (source, names)
    digest = try onEveryRank(of: world) { try Digest(names: names.all) }
  }

  func isOfRun(_ chain: KeptChain) -> Bool { chain.links.contains { $0.link?.names == digest } }

  /// What is wrong with them; nil where they are the run's.
  func problem(of chain: KeptChain) -> ChainProblem? {
    guard !isOfRun(chain), let names = chain.links.first?.link?.names else { return nil }
    return KeptChain.problem(
      source.description, nil, "holds other names than the run had: their digest is \(digest), and the run's \(names)")
  }
}
