import Schemas

/// Which rows of a command's results are compared, what tells them apart, and by which figures.
struct ComparedList {
  /// A figure's key, and where its spread is.
  struct Figure {
    let key: String
    let spread: Spread
    /// Where the spread is in files of older versions, which lack that one.
    var older: Spread?
  }

  enum Spread {
    case none
    /// Keys of the inner 80 % of single values.
    case steps(low: String, high: String)
    /// Keys of a 95 % interval.
    case median(low: String, high: String)
    /// The figure is the median of this key in the row's list `seeds`.
    case seeds(String)
    /// The figure is the median over the rows that differ in nothing but their seed.
    case rows

    /// A run's own median is known better than what two runs of one program on a quiet machine have in common: 12 pairs of
    /// `bench` differed by up to 1.2 %.
    var betweenRuns: Double { if case .median = self { 0.02 } else { 0 } }
  }

  /// Where the rows are: a key of the file, of a list or of one object; empty for the file itself.
  let place: String
  /// Before the rows' own words.
  var title = ""
  /// Keys of the row, or of the file.
  let identity: [String]
  let figures: [Figure]

  /// Of one command.
  static func all(of kind: ResultFile.Kind) -> [ComparedList] {
    switch kind {
    case .bench:
      [
        ComparedList(place: "", title: "core", identity: [], figures: [.inner("peak_gflops")]),
        ComparedList(
          place: "results", identity: ["c", "heads", "batch", "engine", "micro_shards"],
          figures: [
            .sure("us_per_step"), .plain("nominal_share_of_peak"), .plain("effective_share_of_peak"),
            .plain("allocations_per_step"),
          ]),
      ]
    case .strategies:
      [
        ComparedList(
          place: "results", identity: ["c", "batch", "engine", "strategy", "domains", "ranks"],
          figures: [.sure("us_per_step")]
            + ["sync_us", "wait_us", "adam_us", "single_core_us_per_step", "efficiency", "barrier_ns"].map {
              .plain($0)
            })
      ]
    case .transports:
      [
        ComparedList(
          place: "transports", identity: ["transport", "c", "batch", "engine", "strategy", "ranks"],
          figures: ["sync_us", "us_per_step", "single_core_us_per_step", "sync_share", "bare_allreduce_us"].map {
            .plain($0)
          })
      ]
    case .generation:
      [
        ComparedList(
          place: "generation", identity: ["c", "heads", "names", "sharing", "ranks", "temperature"],
          figures: [.sure("seconds"), .plain("letters_per_second")])
      ]
    case .ceiling:
      [
        ComparedList(
          place: "ceiling", identity: ["c", "heads", "batch", "mode", "ranks", "engine"],
          figures: ["single_core_us", "speedup_ceiling", "efficiency_ceiling", "expected_speedup"].map { .plain($0) })
      ]
    case .ladder:
      [
        ComparedList(
          place: "rungs", identity: ["rung", "c", "heads", "batch", "ranks"], figures: [.sure("us_per_sample")])
      ]
    case .scaling:
      [
        ComparedList(
          place: "machine", title: "core", identity: [],
          figures: [
            Figure(key: "peak_gflops", spread: .steps(low: "peak_gflops_low", high: "peak_gflops_high"))
          ]),
        ComparedList(
          place: "results", identity: ["c", "heads", "batch", "mode", "strategy", "ranks"],
          figures: [
            .sure("us_per_step"),
            Figure(
              key: "single_core_us_per_step", spread: .median(low: "single_core_ci_low", high: "single_core_ci_high")),
            Figure(key: "efficiency", spread: .median(low: "efficiency_low", high: "efficiency_high")),
          ]),
      ]
    case .predict:
      [
        ComparedList(
          place: "exchanges", title: "exchange", identity: ["c", "strategy", "ranks"],
          figures: [.sure("exchange_us"), .plain("update_us")]),
        ComparedList(
          place: "predictions", title: "prediction", identity: ["c", "batch", "mode", "strategy", "ranks"],
          figures: [.plain("us_per_step"), .plain("efficiency")]),
      ]
    case .sweep:
      [
        ComparedList(
          place: "trials", identity: Self.settings + ["ranks", "rung"],
          figures: ["seconds", "training_loss", "held_out_loss"].map { Figure(key: $0, spread: .rows) })
      ]
    case .race:
      [
        ComparedList(
          place: "reference", title: "reference", identity: Self.settings,
          figures: [Figure(key: "seconds_to_target", spread: .seeds("seconds"))]),
        ComparedList(
          place: "race", identity: Self.settings + ["ranks", "use"],
          figures: [
            Figure(key: "seconds_to_target", spread: .seeds("seconds")),
            Figure(key: "training_loss", spread: .seeds("training_loss")),
            Figure(key: "held_out_loss", spread: .seeds("held_out_loss")),
          ]),
        ComparedList(
          place: "time_to_target", title: "time to target", identity: ["ranks", "measured"],
          figures: [.plain("seconds")]),
      ]
    }
  }

  private static let settings = [
    "c", "heads", "batch", "learning_rate", "steps", "schedule", "warm_up", "beta_2", "batch_ramp", "average",
  ]
}

extension ComparedList.Figure {
  fileprivate static func plain(_ key: String) -> Self { Self(key: key, spread: .none) }

  /// With the 95 % interval of the median beside it.
  fileprivate static func sure(_ key: String) -> Self {
    Self(
      key: key, spread: .median(low: "ci_low", high: "ci_high"), older: .steps(low: "\(key)_p10", high: "\(key)_p90"))
  }

  /// With the inner 80 % in keys of their own.
  fileprivate static func inner(_ key: String) -> Self {
    Self(key: key, spread: .steps(low: "\(key)_p10", high: "\(key)_p90"))
  }
}
