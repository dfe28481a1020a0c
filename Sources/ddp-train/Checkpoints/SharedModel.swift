import Checkpoints
import DataParallel
import GPT
import MPI

/// A model from a file that rank 0 has read, on every rank.
struct SharedModel {
  let shape: Shape
  /// (P); empty on ranks that do not need them.
  let parameters: [Float]
  /// Of the run that it comes from, where the file says so.
  let seed: UInt64?
  /// Of the names that it was trained on, where the file says so: on rank 0.
  let dataHash: String?

  /// Collective.
  ///
  /// - Parameter everywhere: whether the other ranks need the parameters, too.
  init(path: String, heads: Int?, on world: Communicator, everywhere: Bool) throws {
    let stored = try onEveryRank(of: world) {
      try world.rank == 0 ? StoredModel(path: path, heads: heads) : nil
    }
    if let version = stored?.programVersion, let notice = RunIdentity.notice(path: path, version: version) {
      RankLogHandler.logger(rank: 0).warning("\(notice)")
    }
    dataHash = stored?.dataHash
    var numbers: [UInt64] = []
    if let stored {
      numbers = [UInt64(stored.shape.dModel), UInt64(stored.shape.heads)]
      if let seed = stored.seed { numbers.append(seed) }
    }
    numbers = try world.broadcast(numbers)
    shape = try Shape(dModel: Int(numbers[0]), heads: Int(numbers[1]))
    seed = numbers.count > 2 ? numbers[2] : nil
    let own = stored?.parameters ?? []
    parameters = everywhere ? try world.broadcast(own) : own
  }
}
