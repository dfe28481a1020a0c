import Chain
import Checkpoints
import Values

/// A checkpoint of a chain as one rank has read it, with what is wrong with it alone.
struct KeptLink: Codable {
  let path: String
  let step: Int
  /// Nil where it cannot be read, or has none.
  private(set) var link: ChainLink?
  private(set) var digest: Digest?
  /// Where the run had its names from, if not the project's own, and whether it passed lines over there.
  private(set) var data: String?
  private(set) var skipsInvalid = false
  /// That computed it.
  private(set) var instructionSet: String?
  /// What of the file is not as the run left it.
  private(set) var defect: String?
  /// Whether the run keeps no chain, as far as the file says.
  private(set) var isWithoutChain = false

  /// - Throws: `ChainError` where there is no libcrypto. What is wrong with the file is its defect.
  init(path: String, step: Int) throws(ChainError) {
    (self.path, self.step) = (path, step)
    // Without a library nothing is known of any file: that is no defect of this one.
    _ = try SHA256()
    let checkpoint: Checkpoint
    let entry: ChainEntry?
    do {
      checkpoint = try Checkpoint(path: path)
      entry = try ChainEntry(checkpoint)
    } catch {
      defect = error.kind == .damaged ? "is damaged: \(error.reason)" : error.reason
      return
    }
    guard checkpoint.step == step else {
      defect = "is of step \(grouped(checkpoint.step))"
      return
    }
    guard let entry else {
      (defect, isWithoutChain) = ("has no link of a chain", true)
      return
    }
    (link, digest) = (entry.link, entry.digest)
    data = checkpoint.metadata["data"]
    skipsInvalid = checkpoint.metadata["skip-invalid"] == "true"
    instructionSet = checkpoint.metadata["instruction-set"]
    do throws(ChainError) { defect = try entry.defect(in: checkpoint) } catch {
      defect = "cannot be verified: \(error)"
    }
  }
}
