import Checkpoints
import Schemas

extension MetricsLink {
  init(_ entry: ChainEntry) {
    let link = entry.link
    self.init {
      ($0.step, $0.digest, $0.averagedSteps) = (link.step, "\(entry.digest)", link.averagedSteps)
      ($0.previousStep, $0.previous) = (link.previousStep, "\(link.previous)")
      $0.roots = link.tensors.map { "\($0.root)" }
    }
  }
}
