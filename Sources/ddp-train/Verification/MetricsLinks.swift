import Chain
import Checkpoints
import Files
import Foundation
import Schemas
import Values

/// The links that `--hash-every` added to a run's metrics, by step.
struct MetricsLinks {
  private let path: String
  private var links: [Int: MetricsLink] = [:]

  /// - Throws: `CommandFailure` where the file cannot be read, or has no links.
  init(path: String) throws {
    self.path = path
    let bytes = try readRegularFile(path: path, limitInBytes: .max) { CommandFailure("\(path): \($0)") }
    let start = Array(#"{"type": "link", "#.utf8)
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: start) {
      do {
        let link: MetricsLink = try SchemaJSON.decode(Data(line))
        links[link.step] = link
      } catch {
        throw CommandFailure("\(path): a link in it cannot be read: \(error)")
      }
    }
    guard !links.isEmpty else { throw CommandFailure("\(path): has no links: --hash-every adds them to --metrics") }
  }

  func has(_ step: Int) -> Bool { links[step] != nil }

  /// The digests of the tensors after a step of a segment.
  ///
  /// - Returns: nil where there are none.
  /// - Throws: `CommandFailure` where what is there is not the run's.
  func roots(_ step: Int, of segment: KeptChain.Segment) throws -> [TensorRoot]? {
    guard let found = links[step], let end = segment.to.link else { return nil }
    let names = CheckpointFormat.tensors(averaged: found.averagedSteps > 0)
    let shapes = Dictionary(end.tensors.map { ($0.name, $0.shape) }) { first, _ in first }
    let roots = zip(names, found.roots).compactMap { tensor, text in
      Digest(hex: text).map {
        // A run that comes to averaging in this segment has sums of the same shapes as the parameters.
        TensorRoot(
          name: tensor.name, type: tensor.type, shape: shapes[tensor.name] ?? shapes[tensor.parameter] ?? [], root: $0)
      }
    }
    var link = end
    (link.step, link.averagedSteps, link.tensors) = (step, found.averagedSteps, roots)
    guard roots.count == names.count, found.roots.count == names.count, found.previous == "\(end.previous)",
      try ChainEntry(link).digest == Digest(hex: found.digest)
    else { throw CommandFailure("\(path): the link of step \(grouped(step)) is not of this run, or was changed") }
    return roots
  }
}
