import Schemas
import Values

extension TrialRecord {
  /// "C 32, batch 64, rate 0.006, 1,500 steps", and what is not usual. Trials with the same text differ in their seed
  /// alone.
  package var settingsText: String {
    "C \(c), batch \(batch), rate \(learningRate), \(plural(steps, "step"))" + (unusual.isEmpty ? "" : ", \(unusual)")
  }

  /// The settings that are not what one would expect.
  package var unusual: String {
    [
      heads == (c == 128 ? 8 : 4) ? nil : "\(heads) heads", schedule == "linear" ? nil : schedule,
      warmUp == 0 ? nil : "warm-up \(grouped(warmUp))", beta2 == 0.99 ? nil : "β₂ \(beta2)",
      batchRamp == 0 ? nil : "batch doubles \(batchRamp) times", average == 0 ? nil : "average \(average)",
      rung.map { "rung \($0 + 1)" },
    ].compactMap { $0 }.joined(separator: ", ")
  }

  /// A trial that went wild has a large number.
  static func lossText(_ loss: Double?) -> String {
    guard let loss else { return "–" }
    return loss < 100 ? fixed(loss, 4) : scientific(loss)
  }
}
