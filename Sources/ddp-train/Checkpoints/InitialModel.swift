import Checkpoints
import DataParallel
import Files
import GPT
import MPI
import Options

/// The model of --init-from, whose parameters a new run begins with. Adam's moments are zero, as of any new run.
struct InitialModel {
  let path: String
  let shape: Shape
  /// (P), of rank 0; empty elsewhere.
  let parameters: [Float]
  /// Of the parameters' bits, as a run's summary has it.
  let hash: String

  /// Rank 0's model, on every rank. Collective.
  ///
  /// - Parameter path: the same on all ranks, or there is none.
  /// - Throws: `JobFailure` on all ranks where there is no model in the file.
  init?(path: String?, heads: Int?, on world: Communicator) throws {
    let wanted = try world.broadcast(path ?? "")
    guard !wanted.isEmpty else { return nil }
    let model = try SharedModel(path: wanted, heads: heads, on: world, everywhere: false)
    (self.path, shape, parameters) = (wanted, model.shape, model.parameters)
    var hasher = ContentHasher()
    parameters.withUnsafeBytes { hasher.update($0) }
    hash = try world.broadcast(hasher.hexDigest())
  }

  /// The model's size, which nobody needs to give.
  var texts: KeptTexts {
    KeptTexts(path: path, from: "model", ["d-model": "\(shape.dModel)", "heads": "\(shape.heads)"])
  }

  /// - Throws: where the run is to have another size.
  func requireSize(_ other: Shape) throws(OptionError) {
    guard shape != other else { return }
    throw OptionError(
      "\(path) holds a model of d-model \(shape.dModel) with \(shape.heads) heads, and this run is to have "
        + "d-model \(other.dModel) with \(other.heads)")
  }
}
