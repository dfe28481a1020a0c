import Values

/// The limits of what `race` has written.
enum RaceLimits {
  private static let fields = FieldLimits(
    counts: [
      "format_version": OptionRange("format_version", 1...newestFormat), "c": Ranges.dModel, "heads": Ranges.heads,
      "batch": Ranges.batch, "steps": Ranges.steps, "warm_up": Ranges.warmUp, "batch_ramp": Ranges.batchRamp,
      "step": OptionRange("step", 0...1 << 50), "training_names": OptionRange("names", 0...1 << 44),
      "seed": OptionRange("seed", 0...Int.max), "ranks": Ranges.ranks, "knobs_c": Ranges.dModel,
      "used_ranks": Ranges.ranks, "groups": Ranges.groups, "sync_every": Ranges.roundSteps,
    ],
    numbers: [
      "learning_rate": Ranges.learningRate, "beta_2": Ranges.beta2, "average": Ranges.average,
      "outer_rate": Ranges.outerRate,
      "outer_momentum": Ranges.outerMomentum, "target": Ranges.loss,
    ])
  private static let mostEntries = 1000

  /// - Throws: `ReportError.notAReport`, which names the first key whose value cannot be.
  static func check(_ file: RaceFile) throws {
    // Before more memory is taken.
    let results = [file.reference].compactMap { $0 } + file.race
    try FieldLimits.check(
      [
        ("race", file.race.count, mostEntries), ("time_to_target", file.timeToTarget.count, mostEntries),
        ("steps_to_target", file.stepsToTarget.count, mostEntries), ("step_times", file.stepTimes.count, mostEntries),
        ("noise_scale", file.noiseScale?.count ?? 0, mostEntries), ("budget", file.budget.count, mostEntries),
        ("definitions", file.definitions.count, mostEntries),
        ("assumptions", file.assumptions.count, mostEntries), ("not_measured", file.notMeasured.count, mostEntries),
      ] + results.map { ("curve", $0.curve.count, mostEntries) }
        + results.map { ("seeds", $0.seeds.count, mostEntries) })
    try fields.check(file)
  }
}
