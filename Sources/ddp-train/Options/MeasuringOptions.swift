import DataParallel
import MPI
import Options
import Values

extension Declared<String?> {
  /// Where a command that measures writes its results.
  static var json: Self { Declared("json", .file, help: "Write the results here as JSON; - is standard output.") }
}

extension CommandLineOptions {
  /// The options' values, and what else a command prepares of them, the same on every rank. Collective.
  ///
  /// - Parameter file: the configuration file, if there is one.
  /// - Throws: `JobFailure` on all ranks where an option is wrong on any, or where ranks have different ones.
  func agreed<Rest>(
    on world: Communicator, file: () throws -> OptionFile? = { nil },
    _ prepare: (OptionValues<Table>) throws -> Rest
  ) throws -> (OptionValues<Table>, Rest) {
    let (values, rest) = try onEveryRank(of: world) {
      let values = try self.values(try file())
      return (values, try prepare(values))
    }
    try requireAgreement(values.agreement, over: world)
    return (values, rest)
  }
}
