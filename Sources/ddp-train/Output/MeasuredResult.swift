import DataParallel
import Files
import MPI
import Schemas

/// What a command has measured: a table for people, with a note where it is noise, and a file.
protocol MeasuredResult: FileFormat {
  var origin: Origin? { get set }
  /// For people.
  var text: String { get }
  /// How well its times are known.
  var uncertainties: [MeasurementNote.Row] { get }
}

extension MeasuredResult {
  /// Prints the table and writes the file, on rank 0. Collective.
  ///
  /// - Parameters:
  ///   - load: begun with the measurement.
  ///   - file: rank 0's, where one is wanted.
  func publish(_ load: OtherLoad, to file: Destination?, over world: Communicator) throws {
    var complete = self
    complete.origin = Origin(of: world)
    let share = try load.share(over: world)
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      print(complete.text)
      MeasurementNote.printed(load: share, rows: complete.uncertainties)
      try file?.write(SchemaJSON.encode(complete))
    }
  }
}
