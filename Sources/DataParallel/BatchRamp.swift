/// How many names each step of a run has, and which: the batch doubles K times, in K + 1 equal parts of the steps, and
/// ends at B.
///
/// A step's names follow those of the step before in the samples' one order (`BatchSampler`), so that within an epoch none
/// is left out and none comes twice, whatever the batches. All of it is a pure function of the step.
struct BatchRamp: Sendable {
  /// B
  let batch: Int
  let steps: Int
  /// K; 2ᴷ divides B.
  let doublings: Int

  /// K + 1
  var parts: Int { doublings + 1 }

  /// Names of a step in a part.
  func size(ofPart part: Int) -> Int { batch >> (doublings - part) }

  /// From 0; 0 where there is no ramp.
  func part(of step: Int) -> Int { step * parts / steps }

  /// The number of a step's first sample: as many as all steps before have together.
  func firstSample(of step: Int) -> Int {
    let own = part(of: step)
    var samples = 0
    for part in 0..<own { samples += (start(of: part + 1) - start(of: part)) * size(ofPart: part) }
    return samples + (step - start(of: own)) * size(ofPart: own)
  }

  /// The first step s with s · (K + 1) / steps ≥ part.
  private func start(of part: Int) -> Int { (part * steps + doublings) / parts }
}

extension Settings {
  var ramp: BatchRamp { BatchRamp(batch: batch, steps: steps, doublings: batchRamp) }

  /// Names of a step's global batch.
  ///
  /// - Parameter step: from 0.
  public func batch(step: Int) -> Int { ramp.size(ofPart: ramp.part(of: step)) }
}
