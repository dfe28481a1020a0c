import Launch
import MPI

extension JobFacts.Launcher {
  /// - Parameter isRunning: nothing is looked for then: the right mpirun started this process.
  init(environment: [String: String], isRunning: Bool) {
    // "Open MPI v4.1.4, package: …"
    libraryVersion =
      Environment.libraryVersion.split(separator: ",").first?.split(separator: " ").last
      .map { String($0.drop { $0 == "v" }) } ?? "?"
    guard !isRunning, let found = MPILauncher(environment: environment, preferred: libraryVersion) else { return }
    (command, version) = (found.name, found.version)
  }
}
