/// The range of every option that is a number, each declared once.
public enum Ranges {
  // The model and the run. Beyond the largest batch and the most steps, sample numbers and memory sizes would no longer
  // be exact integers.
  public static let dModel = OptionRange("d-model", 16...1024, note: "it must be a multiple of 16")
  public static let heads = OptionRange("heads", 1...1024, note: "it must divide d-model")
  public static let batch = OptionRange("batch", 1...1 << 20, unit: "names")
  public static let steps = OptionRange("steps", 1...1 << 40, isOpen: true, rehearsal: Rehearsal.steps)
  public static let learningRate = OptionRange("learning-rate", 1e-300...1e300, isOpen: true)
  public static let warmUp = OptionRange("warm-up", 0...1 << 40, note: "fewer than steps", isOpen: true)
  public static let beta2 = OptionRange("beta2", 0.5...0.99999)
  public static let batchRamp = OptionRange("batch-ramp", 0...20, note: "2 to its power must divide batch")
  public static let average = OptionRange("average", 0...0.9)
  public static let seed = OptionRange("seed", 0...UInt64.max, isOpen: true)
  public static let bucketKiB = OptionRange("bucket-kib", 1...1 << 20, unit: "KiB")
  public static let domains = OptionRange("domains", 1...64)
  public static let syncEvery = OptionRange(
    "sync-every", 0...100_000, note: "0 synchronises the gradients of all ranks in every step")
  public static let roundSteps = OptionRange("sync-every", 1...100_000)
  public static let groups = OptionRange("groups", 1...1 << 24)
  public static let outerRate = OptionRange("outer-rate", 0.01...10)
  public static let outerMomentum = OptionRange("outer-momentum", 0...0.999)
  public static let microShards = OptionRange("micro-shards", 1...1024, note: "it must be a power of two")
  public static let checkReplicas = OptionRange("check-replicas", 0...1 << 40, note: "0 compares never", isOpen: true)
  /// Of a busy core.
  public static let watts = OptionRange("watts", 0.001...10_000, unit: "watts")
  public static let noiseScaleEvery = OptionRange(
    "noise-scale-every", 0...1 << 40, note: "0 measures none", isOpen: true)
  public static let sme2From = OptionRange("sme2-from", 0...1 << 20, isOpen: true)
  public static let most = OptionRange("most", 1...1 << 24)
  public static let ranks = OptionRange("ranks", 1...1 << 24)

  // What a run says and keeps.
  public static let checkpointKeep = OptionRange("checkpoint-keep", 1...1_000_000)
  public static let keepEvery = OptionRange("keep-every", 0...1 << 40, note: "0 keeps none for good", isOpen: true)
  public static let hashEvery = OptionRange("hash-every", 0...1 << 40, note: "0 adds none", isOpen: true)
  public static let checkpointSeconds = OptionRange("checkpoint-every", 0.001...1e9, unit: "seconds")
  public static let logEvery = OptionRange("log-every", 1...1 << 40, isOpen: true)
  public static let evalEvery = OptionRange("eval-every", 1...1 << 40, isOpen: true)
  public static let heartbeat = OptionRange("heartbeat", 1...86400, unit: "seconds")
  public static let tracedSteps = OptionRange("trace-steps", 1...100_000)

  // Names that a model makes up. Below, logits divided by it are infinite; beyond, all letters are equally likely.
  public static let generate = OptionRange("generate", 0...1 << 40, note: "0 generates no names", isOpen: true)
  public static let count = OptionRange("count", 0...1 << 40, note: "0 generates no names", isOpen: true)
  public static let temperature = OptionRange("temperature", 1e-6...1e6)

  // Searches.
  public static let names = OptionRange("names", 1...1 << 44, isOpen: true)
  public static let random = OptionRange("random", 1...100_000)
  public static let seeds = OptionRange("seeds", 1...10_000)
  public static let halving = OptionRange("halving", 2...1000)
  public static let ranksPerTrial = OptionRange("ranks-per-trial", 1...1 << 24)
  public static let ranksPerHost = OptionRange("ranks-per-host", 1...1 << 24)
  public static let loss = OptionRange("target", 0.001...100, unit: "nats per prediction")

  // Measurements.
  public static let seconds = OptionRange("seconds", 0.001...1e6, unit: "seconds", rehearsal: Rehearsal.seconds)
  public static let latency = OptionRange("latency", 0.001...1e9, unit: "µs")
  public static let bandwidth = OptionRange("bandwidth", 0.001...1e9, unit: "Gbit/s")
  public static let ranksPerNode = OptionRange("ranks-per-node", 1...1 << 24)
  public static let playedRanks = OptionRange("ranks", 1...4096)
  public static let playedSteps = OptionRange("steps", 1...1_000_000, rehearsal: Rehearsal.playedSteps)
  public static let upTo = OptionRange("up-to", 1...1 << 24)
  /// A fit takes batches four times as large.
  public static let predictedBatch = OptionRange("batch", 1...1 << 18, unit: "names")
}
