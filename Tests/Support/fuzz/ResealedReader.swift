import Checkpoints
import Foundation
import GPT
import TestSupport

extension Reader {
  /// Checkpoints whose metadata or numbers somebody changed, with the right checksum for what they are now; read as far
  /// as a run reads them before it goes on.
  static func resealed() throws -> Reader {
    let image = CheckpointImage(shape: try Shape(dModel: 16, heads: 4))
    let intact = Array(try image.seal(step: 3, losses: [3, 2, 1], metadata: metadata))
    let file = try SealedFile(Data(intact))
    return Reader(
      name: "resealed", seeds: [intact], words: [], longest: 1 << 17,
      make: { _, random in changed(file, &random) }, changesBytes: false,
      readBytes: { bytes in
        let checkpoint = try Checkpoint(bytes: bytes, path: "fuzz")
        try examine(checkpoint, try StoredProgress(checkpoint))
        _ = try ChainEntry(checkpoint)
      },
      readFile: { path in
        let checkpoint = try Checkpoint(path: path)
        try examine(checkpoint, try StoredProgress(checkpoint))
        _ = try ChainEntry(checkpoint)
        let model = try StoredModel(path: path)
        try require(model.parameters.allSatisfy(\.isFinite), "a parameter that is not finite")
      },
      kind: { ($0 as? CheckpointError).map { outline($0.reason) } })
  }

  /// As a run writes it.
  private static let metadata = [
    "batch": "16", "steps": "10", "learning-rate": "0.003", "seed": "1", "engine": "simd", "exp": "fast",
    "schedule": "linear", "warm-up": "0", "beta2": "0.99", "batch-ramp": "0", "average": "0", "micro-shards": "16",
    "prefix-sharing": "true", "padding-skip": "true", "eval": "false", "reproducible": "false", "sync": "auto",
    "tournament": "false", "hosts": "a,b", "program-version": "0.1.0", "instruction-set": "AVX-512",
    "data-set": "0123456789abcdef0123456789abcdef", "elapsed-seconds": "0.5", "ranks": "2", "us-per-step": "45.2",
    "rows": "100 120 70", "phases-ns": "1.0 2.0 3.0 4.0 5.0 6.0",
    "chain-format": "1", "chain-number": "1", "chain-previous": "0 \(digest)", "chain-names": digest,
    "chain-settings": "batch seed", "chain-link": digest,
    "chain-roots": Array(repeating: digest, count: 27).joined(separator: " "),
  ]

  private static let digest = String(repeating: "0a", count: 32)

  private static let values = [
    "", "0", "-0", "-1", "1", "2", "3", "4", "nan", "-nan", "inf", "-inf", "1e400", "1e308", "1e-320", "1e19", "0x10",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "1e18", "1e12",
    "1_0", "1__0", "10000000000000", "4611686018427387904", "1.5", "true", "no", "\u{1b}[2J", "\u{202e}x", "a b",
    "0123456789ABCDEF0123456789abcdef", "\u{0}", "²", "١",
  ]

  private static func changed(_ file: SealedFile, _ random: inout Random) -> [UInt8] {
    var file = file
    let keys = file.metadata.keys.sorted()
    for _ in 0..<random.size(upTo: 4) {
      let key = random.pick(keys)
      switch random.below(8) {
      case 0: file.metadata[key] = nil
      case 1:
        file.metadata[key] = (0..<random.below(8)).map { _ in random.pick(values) }.joined(separator: " ")
      case 2: file.metadata[key] = file.metadata[random.pick(keys)]
      case 3: file.metadata[key] = (file.metadata[key] ?? "") + random.pick(values)
      case 4:
        // One of several numbers.
        var parts = (file.metadata[key] ?? "").split(separator: " ").map(String.init)
        if !parts.isEmpty { parts[random.below(parts.count)] = random.pick(values) }
        file.metadata[key] = parts.joined(separator: " ")
      case 5:
        let number = random.pick([Float.nan, .infinity, -.infinity, -1, -0.0, .leastNonzeroMagnitude, 3e38])
        let place = random.below(file.data.count / 4) * 4
        withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes in
          file.data.replaceSubrange(file.data.startIndex + place..<file.data.startIndex + place + 4, with: bytes)
        }
      default: file.metadata[key] = random.pick(values)
      }
    }
    // What cannot be written as JSON is none of these readers' concern.
    return (try? file.sealed()).map { [UInt8]($0) } ?? []
  }

  /// What is accepted must be what a run can have written: judged here anew, by other means than the reader's.
  private static func examine(_ checkpoint: Checkpoint, _ progress: StoredProgress) throws {
    let metadata = checkpoint.metadata
    func plain(_ key: String) throws -> Double? {
      guard let text = metadata[key] else { return nil }
      guard let value = Double(text.replacing("_", with: "")), value.isFinite else {
        throw Fault(reason: "\(key) is \(text.debugDescription)")
      }
      return value
    }
    func within(_ key: String, _ low: Double, _ high: Double, whole: Bool = true) throws {
      guard let value = try plain(key) else { return }
      try require(low <= value && value <= high && (!whole || value == value.rounded()), "\(key) is \(value)")
    }
    try within("step", 1, 0x1p40)
    try within("steps", 1, 0x1p40)
    try within("batch", 1, 0x1p20)
    try within("seed", 0, 0x1p64)
    try within("learning-rate", 1e-300, 1e300, whole: false)
    try within("warm-up", 0, 0x1p40)
    try within("beta2", 0.5, 0.99999, whole: false)
    try within("batch-ramp", 0, 20)
    try within("average", 0, 0.9, whole: false)
    try within("micro-shards", 1, 1024)
    try within("ranks", 1, 0x1p24)
    try require(Double(checkpoint.step) <= (try plain("steps") ?? 0x1p40), "step \(checkpoint.step) beyond steps")
    if let hash = metadata["data-set"] {
      try require(hash.wholeMatch(of: /[0-9a-f]{32}/) != nil, "a hash of \(hash.debugDescription)")
    }
    try require(checkpoint.losses.count == min(checkpoint.step, 100), "a count of losses that is not the steps'")
    try require(checkpoint.losses.allSatisfy { abs($0) <= 1e30 }, "a loss that is none")
    let times = progress.phases + [progress.elapsedSeconds, progress.microsecondsPerStep]
    try require(progress.phases.count == 6 && times.allSatisfy { $0 >= 0 && $0.isFinite }, "times of \(times)")
    let rows = [progress.rows.whole, progress.rows.sum, progress.rows.largest]
    let most = Double(checkpoint.step) * (try plain("batch") ?? 0x1p20) * 16
    try require(rows.allSatisfy { $0 >= 0 && Double($0) <= most }, "rows of \(rows)")
    try require(1...1 << 24 ~= progress.ranks, "\(progress.ranks) ranks")
    let count = checkpoint.shape.parameterCount
    let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 3 * count)
    defer { memory.deallocate() }
    guard let start = memory.baseAddress else { return }
    try checkpoint.copy(to: ModelArrays(parameters: start, first: start + count, second: start + 2 * count))
    try require(memory.allSatisfy(\.isFinite), "a number that is not finite")
    try require(memory[(2 * count)...].allSatisfy { $0 >= 0 }, "a mean of squares below 0")
  }
}
