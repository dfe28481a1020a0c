import Checkpoints
import Files
import Foundation
import Options

/// What a run writes besides its checkpoints, on rank 0. Found wrong before anything is trained.
struct RunOutputs {
  let metrics: MetricsFile?
  let trace: Destination?
  let namesJSON: NamesJSON?

  /// - Parameter json: what `--json` names.
  /// - Throws: `DestinationError` where one of them cannot be written, or would overwrite a file that the run needs.
  init(_ plan: RunPlan, json: String?) throws {
    let metrics = try plan.metrics.map { try Destination("--metrics", $0) }
    trace = try plan.trace.map { try Destination("--trace", $0) }
    let json = try json.map { try Destination("--json", $0) }
    self.metrics = metrics.map { MetricsFile($0) }
    namesJSON = json.map { NamesJSON($0) }
    var inputs = [("--data", plan.data.file)]
    if let path = plan.configPath { inputs.append(("--config", path)) }
    let outputs = [metrics, trace, json].compactMap { $0 }
    if let folder = plan.checkpoints?.folder {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      inputs += names.filter { CheckpointFolder.owns($0) }.map { ("--checkpoint-dir", "\(folder)/\($0)") }
      for output in outputs { try Self.refuse(output, ofCheckpointsIn: folder) }
    }
    try requireDistinct(outputs, inputs: inputs)
  }

  /// A name that a checkpoint is going to have.
  private static func refuse(_ output: Destination, ofCheckpointsIn folder: String) throws {
    guard case .missing(let name, let parent)? = output.identity, CheckpointFolder.owns(name),
      parent == FileIdentity(path: folder)
    else { return }
    throw CommandFailure(
      "\(output.option) \(output.path): \(name) is a name of the checkpoints in --checkpoint-dir \(folder)")
  }
}
