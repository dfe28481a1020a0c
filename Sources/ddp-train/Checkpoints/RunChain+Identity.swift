import Chain
import Checkpoints
import DataParallel
import Values

extension RunChain {
  /// Of a run as its checkpoints describe it.
  ///
  /// - Parameters:
  ///   - every: steps between links.
  ///   - names: of the run, held-out ones included.
  /// - Throws: `ChainError` where there is no libcrypto.
  convenience init(every: Int, _ identity: RunIdentity, _ names: RunNames) throws {
    let changes = Self.changes(identity.linkSettings)
    self.init(
      ChainEntry.Terms(
        program: packageVersion, names: try Digest(names: names.all), settings: identity.linkSettings),
      holds: { $0 % every == 0 || changes.contains($0) })
  }

  /// Steps after which a run had another number of steps to do. The chain has a link there, for no replay goes over a change
  /// of settings.
  static func changes(_ settings: [String: String]) -> Set<Int> {
    let changes = settings[CheckpointFormat.earlierSteps] ?? ""
    return Set(changes.split(separator: " ").compactMap { $0.split(separator: "@").last.flatMap { Int($0) } })
  }

  /// Goes on after a checkpoint of the run.
  ///
  /// - Throws: `CheckpointError` where the checkpoint has no link, or one that is not its own.
  func resume(after checkpoint: Checkpoint) throws {
    guard let entry = try ChainEntry(checkpoint) else {
      throw CheckpointError(.refused, checkpoint.path, "has no link of the run's chain")
    }
    if let wrong = try entry.defect(in: checkpoint) { throw CheckpointError(.refused, checkpoint.path, wrong) }
    guard entry.link.names == terms.names else {
      throw CheckpointError(.refused, checkpoint.path, "has a link of a run on other names")
    }
    resume(after: entry)
  }
}
