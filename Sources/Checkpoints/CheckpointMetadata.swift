import Chain
import Values

/// What each entry of a checkpoint's metadata can be. A checksum shows that a file is as somebody sealed it, not that a
/// run ever was like this: numbers are used only after they have been looked at here.
enum CheckpointMetadata {
  typealias Key = CheckpointFormat.Key

  /// The most rows that are believed, far from where sums of them would overflow.
  static let mostRows = 1 << 60

  private static let elapsed = OptionRange(StoredProgress.Key.elapsed, 0...1e12, unit: "seconds")
  private static let stepTime = OptionRange(StoredProgress.Key.stepTime, 0...1e15, unit: "µs")
  private static let phase = OptionRange(StoredProgress.Key.phases, 0...1e18, unit: "ns")
  private static let linkNumber = OptionRange(ChainEntry.Key.number, 1...Ranges.steps.range.upperBound)
  private static let rows = OptionRange(StoredProgress.Key.rows, 0...mostRows)

  /// By key: what is wrong with a value; nil where it can be.
  private static let rules: [String: @Sendable (String) -> String?] = [
    Key.step: { numbers(1, Ranges.steps, in: $0) },
    Key.averagedSteps: { numbers(1, Ranges.steps, in: $0) },
    Key.dModel: { numbers(1, Ranges.dModel, in: $0) },
    Key.heads: { numbers(1, Ranges.heads, in: $0) },
    "batch": { numbers(1, Ranges.batch, in: $0) },
    "steps": { numbers(1, Ranges.steps, in: $0) },
    "learning-rate": { numbers(1, Ranges.learningRate, in: $0) },
    "warm-up": { numbers(1, Ranges.warmUp, in: $0) },
    "beta2": { numbers(1, Ranges.beta2, in: $0) },
    "batch-ramp": { numbers(1, Ranges.batchRamp, in: $0) },
    "group-count": { numbers(1, Ranges.groups, in: $0) },
    "outer-rate": { numbers(1, Ranges.outerRate, in: $0) },
    "outer-momentum": { numbers(1, Ranges.outerMomentum, in: $0) },
    "micro-shards": { numbers(1, Ranges.microShards, in: $0) },
    "average": { numbers(1, Ranges.average, in: $0) },
    "seed": { numbers(1, Ranges.seed, in: $0) },
    StoredProgress.Key.ranks: { numbers(1, Ranges.ranks, in: $0) },
    StoredProgress.Key.elapsed: { numbers(1, elapsed, in: $0) },
    StoredProgress.Key.stepTime: { numbers(1, stepTime, in: $0) },
    StoredProgress.Key.phases: { numbers(Phase.allCases.count, phase, in: $0) },
    StoredProgress.Key.rows: { numbers(3, rows, in: $0) },
    CheckpointFormat.Key.earlierSteps: { earlierSteps(in: $0) },
    "init-from": { $0 == "none" || isHash($0) ? nil : "is not a hash of \(Seal.digits) hexadecimal digits" },
    "data-set": { isHash($0) ? nil : "is not a hash of \(Seal.digits) hexadecimal digits" },
    ChainEntry.Key.format: {
      $0 == "\(ChainLink.formatVersion)" ? nil : "is not \(ChainLink.formatVersion), which this program reads"
    },
    ChainEntry.Key.number: { numbers(1, linkNumber, in: $0) },
    ChainEntry.Key.previous: { previous(in: $0) },
    ChainEntry.Key.names: { digests(in: $0, count: 1) }, ChainEntry.Key.link: { digests(in: $0, count: 1) },
    ChainEntry.Key.settings: { text in
      let isWords = text.split(separator: " ", omittingEmptySubsequences: false).allSatisfy { word(String($0)) == nil }
      return isWords ? nil : "is not names of settings"
    },
    ChainEntry.Key.roots: { digests(in: $0, count: nil) },
    "eval": flag, "reproducible": flag, "prefix-sharing": flag, "padding-skip": flag, "tournament": flag,
    "sync-overlap": flag,
    "schedule": word, "engine": word, "groups": word, "outer": word, "exp": word, "sync": word, "program-version": word,
  ]

  /// - Throws: `CheckpointError`, which names the first key, in alphabetical order, whose value cannot be.
  static func check(_ metadata: [String: String], path: String) throws(CheckpointError) {
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      if let wrong = rules[key]?(value) {
        throw CheckpointError(.damaged, path, "its \(key) \(printable(value)) \(wrong)")
      }
    }
    if let step = number(Key.step, metadata), let steps = number("steps", metadata), step > steps {
      throw CheckpointError(.damaged, path, "its step \(step) is beyond its steps, \(steps)")
    }
    if let step = number(Key.step, metadata), let averaged = number(Key.averagedSteps, metadata), averaged > step {
      throw CheckpointError(.damaged, path, "its \(Key.averagedSteps) \(averaged) are more than its step, \(step)")
    }
    try checkRows(metadata, path: path)
  }

  /// No rank has more rows than all ranks, and no step more than 16 of each name.
  private static func checkRows(_ metadata: [String: String], path: String) throws(CheckpointError) {
    guard let text = metadata[StoredProgress.Key.rows] else { return }
    let rows = text.split(separator: " ").compactMap { Int(written: String($0)) }
    let names = (number("batch", metadata) ?? Ranges.batch.range.upperBound)
      .multipliedReportingOverflow(by: 16 * (number(Key.step, metadata) ?? 1))
    let most = names.overflow ? mostRows : min(names.partialValue, mostRows)
    guard rows[0] <= most, rows[1] <= most, rows[2] <= rows[1] else {
      throw CheckpointError(
        .damaged, path, "its \(StoredProgress.Key.rows) \(printable(text)) are more than its steps can have had")
    }
  }

  private static func number(_ key: String, _ metadata: [String: String]) -> Int? {
    metadata[key].flatMap { Int(written: $0) }
  }

  private static func numbers<Number>(_ count: Int, _ range: OptionRange<Number>, in text: String) -> String? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == count, parts.allSatisfy({ range.value(String($0)) != nil }) else {
      return count == 1 ? "is not \(range.words)" : "is not \(count) times \(range.words)"
    }
    return nil
  }

  private static func earlierSteps(in text: String) -> String? {
    let isRight = text.split(separator: " ", omittingEmptySubsequences: false).allSatisfy { entry in
      let numbers = entry.split(separator: "@", omittingEmptySubsequences: false)
      return numbers.count == 2 && numbers.allSatisfy { Ranges.steps.value(String($0)) != nil }
    }
    return isRight ? nil : "is not numbers of steps, each as STEPS@STEP"
  }

  private static func previous(in text: String) -> String? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    let isRight =
      parts.count == 2 && (parts[0] == "0" || Ranges.steps.value(String(parts[0])) != nil)
      && Digest(hex: parts[1]) != nil
    return isRight ? nil : "is not a step and a digest of 64 hexadecimal digits"
  }

  /// - Parameter count: nil for one or more.
  private static func digests(in text: String, count: Int?) -> String? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    let isRight = parts.count == count ?? parts.count && parts.allSatisfy { Digest(hex: $0) != nil }
    return isRight ? nil : "is no digest of 64 hexadecimal digits"
  }

  private static let flag: @Sendable (String) -> String? = {
    $0 == "true" || $0 == "false" ? nil : "is neither true nor false"
  }

  private static let word: @Sendable (String) -> String? = { text in
    let isWord = (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21..<0x7F).contains($0) }
    return isWord ? nil : "is not one word"
  }

  private static func isHash(_ text: String) -> Bool {
    text.utf8.count == Seal.digits && text.allSatisfy { "0123456789abcdef".contains($0) }
  }
}
