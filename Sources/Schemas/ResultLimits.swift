import Values

/// The limits of what `bench`, `ladder` and `predict` have written.
enum ResultLimits {
  private static let fields = FieldLimits(
    counts: [
      "format_version": OptionRange("format_version", 1...newestFormat), "c": Ranges.dModel, "heads": Ranges.heads,
      "batch": Ranges.batch, "global_batch": OptionRange("names", 1...1 << 44), "ranks": Ranges.ranks,
      "delay_us": OptionRange("microseconds", 0...1 << 30),
      "ranks_per_node": Ranges.ranksPerNode, "core": OptionRange("core", 0...1 << 24),
      "cpus": OptionRange("cpus", 0...1 << 24), "micro_shards": Ranges.microShards, "domains": Ranges.domains,
      "names": Ranges.names, "names_per_step": Ranges.batch, "parameters": OptionRange("parameters", 1...1 << 40),
      "peak_memory_bytes": OptionRange("bytes", 0...1 << 50), "tokens": OptionRange("tokens", 0...1 << 50),
      "bytes_between_domains": OptionRange("bytes", 0...1 << 50),
      "batches_timed": OptionRange("batches", 0...1 << 50), "tape_nodes": OptionRange("nodes", 0...1 << 50),
    ],
    // Fitted.
    signed: ["selection", "selection_per_name", "passes", "passes_per_row", "update_per_parameter"])
  private static let mostRows = 10_000

  /// - Parameter rows: of each of its lists.
  /// - Throws: `ReportError.notAReport`, which names the first key whose value cannot be.
  static func check(_ file: some FileFormat, rows: [(key: String, count: Int)]) throws {
    // Before more memory is taken.
    try FieldLimits.check(rows.map { ($0.key, $0.count, mostRows) })
    try fields.check(file)
  }
}
