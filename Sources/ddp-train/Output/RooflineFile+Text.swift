import Schemas
import Values

extension RooflineFile {
  /// For people.
  var text: String {
    (machineLines + [""] + operations.lines(indent: 2) + ["", "KiB, activations of a piece of the batch:", ""]
      + arrays.lines(indent: 2) + ["", "What a phase touches, and the nearest level that holds it:", ""]
      + phases.lines(indent: 2)).joined(separator: "\n")
  }

  private var machineLines: [String] {
    let table = Table(
      levels,
      [
        .words("level") { $0.level }, .number("KiB") { $0.bytes.map { grouped($0 / 1024) } ?? "–" },
        .number("CPUs") { $0.cpus.map { "\($0)" } ?? "–" },
        .number("GB/s") { $0.gbPerSecond.map(significant) ?? "–" },
      ])
    let core = self.core.map { "core \($0)" } ?? "one core"
    let peak = peakGflops.map {
      "\(core), peak \(fixed($0, 0)) GFLOP/s (\(fixed(peakGflopsP10 ?? .nan, 0))–\(fixed(peakGflopsP90 ?? .nan, 0)))"
    }
    let caches = levels.count > 1 ? [] : ["caches unknown: hwloc does not know them"]
    return ["built for \(isa), \(peak ?? "nothing measured: see --measure")"] + caches + [""] + table.lines(indent: 2)
  }

  private var operations: Table<ModelSize> {
    func mega(_ flop: Double) -> String { significant(flop / 1e6) }
    return Table(
      models,
      [
        .number("C") { "\($0.c)" }, .number("B") { "\($0.batch)" }, .number("parameters") { grouped($0.parameters) },
        .number("positions") { fixed($0.positions, 0) }, .number("rows") { fixed($0.rows, 0) },
        .number("pairs") { fixed($0.pairs, 0) }, .number("padded MFLOP") { mega($0.paddedFlop) },
        .number("nominal") { mega($0.nominalFlop) }, .number("done") { mega($0.doneFlop) },
        .number("done / padded") { fixed($0.doneFlop / $0.paddedFlop, 2) },
      ])
  }

  private var arrays: Table<ModelSize> {
    func kibi(_ bytes: Int) -> String { grouped((bytes + 1023) / 1024) }
    return Table(
      models,
      [
        .number("C") { "\($0.c)" }, .number("B") { "\($0.batch)" }, .number("pieces") { grouped($0.pieces) },
        .number("weights") { kibi($0.parametersBytes) },
        .number("copies") { kibi($0.copiesBytes) }, .number("gradient") { kibi($0.gradientBytes) },
        .number("moments") { kibi($0.momentsBytes) }, .number("forward") { kibi($0.forwardActivationsBytes) },
        .number("backward") { kibi($0.backwardActivationsBytes) },
      ])
  }

  private var phases: Table<(ModelSize, PhaseSize)> {
    let measured: [Table<(ModelSize, PhaseSize)>.Column] = [
      .number("at most GFLOP/s") { $0.1.boundGflops.map(significant) ?? "–" },
      .number("of the peak") { row in
        row.1.boundGflops.flatMap { bound in peakGflops.map { fixed(bound / $0, 2) } } ?? "–"
      },
      .words("bound by") { $0.1.boundBy ?? "–" }, .number("at least µs") { $0.1.boundUs.map(significant) ?? "–" },
    ]
    return Table(
      models.flatMap { model in model.phases.map { (model, $0) } },
      [
        .number("C") { "\($0.0.c)" }, .number("B") { "\($0.0.batch)" }, .words("phase") { $0.1.phase },
        .number("MFLOP") { significant($0.1.flop / 1e6) }, .number("times") { grouped($0.1.times) },
        .number("KiB") { grouped(($0.1.bytes + 1023) / 1024) },
        .words("level") { $0.1.level }, .number("FLOP/byte") { significant($0.1.intensity) },
      ] + (peakGflops == nil ? [] : measured))
  }
}
