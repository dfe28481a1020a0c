import CSIMD
import Schemas
import Values

extension TransportsFile {
  /// Adds what a transport's job has measured, or why it has not.
  mutating func add(_ outcome: TransportJobs.Outcome, of transport: Transport) {
    isa = String(cString: csimd_built_for())
    let row = TransportResult {
      ($0.transport, $0.title, $0.strategy) = (transport.name, transport.title, transport.strategy.rawValue)
      $0.delayUs = transport.delay
    }
    switch outcome {
    case .missing(let why):
      var own = row
      own.missing = why
      transports.append(own)
    case .measured(let file):
      for result in file.results where result.strategy == row.strategy && result.domains == nil {
        var own = row
        (own.c, own.batch, own.ranks, own.engine) = (result.c, result.batch, result.ranks, result.engine)
        (own.syncUs, own.usPerStep) = (result.syncUs, result.usPerStep)
        (own.singleCoreUsPerStep, own.bareAllreduceUs) = (result.singleCoreUsPerStep, result.bareAllreduceUs)
        own.syncShare = result.syncUs / result.singleCoreUsPerStep
        transports.append(own)
      }
    }
  }

  /// For people.
  var text: String {
    func number(_ value: Double?) -> String { value.map(significant) ?? "–" }
    let engines = Set(transports.compactMap(\.engine))
    let table = Table(
      transports.filter { $0.missing == nil },
      [
        .words("transport") { $0.title }, .words("strategy") { $0.strategy },
        .number("C") { $0.c.map { "\($0)" } ?? "–" },
      ]
        + [.number("B") { $0.batch.map { "\($0)" } ?? "–" }]
        + (engines.count > 1 ? [.words("engine") { $0.engine ?? "–" }] : []) + [
          .number("µs/synchronisation") { number($0.syncUs) },
          .number("one core's µs/step") { number($0.singleCoreUsPerStep) },
          .number("ratio") { number($0.syncShare) }, .number("two ranks' µs/step") { number($0.usPerStep) },
          .number("bare all-reduce") { number($0.bareAllreduceUs) },
        ])
    let missing = transports.compactMap { row in row.missing.map { "\(row.title): not measured: \(escaped($0))" } }
    let lines = ["built for \(isa), two ranks beside one core", ""] + table.lines(indent: 2)
    return (lines + (missing.isEmpty ? [] : [""] + missing)).joined(separator: "\n")
  }
}
