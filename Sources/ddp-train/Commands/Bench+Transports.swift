import DataParallel
import Files
import Foundation
import Launch
import MPI
import Options
import Schemas
import Values

/// `bench --sync --transports`: this process starts the same job over each transport, and reads what it has measured.
extension Bench {
  func compareTransports(_ options: OptionValues<Table>, on world: Communicator) throws {
    let (launcher, file) = try onEveryRank(of: world) {
      guard options.sync else { throw OptionError("transports needs sync: it is synchronisation that goes over them") }
      for (name, isGiven) in [("domains", options.isGiven(\.domains)), ("reproducible", options.reproducible)]
      where isGiven {
        throw OptionError("--\(name) is of no use with --transports")
      }
      guard world.isAlone else {
        throw OptionError("bench --sync --transports starts mpirun by itself: call it without a launcher")
      }
      // The jobs would each find it out.
      _ = try cases(options)
      let launcher = MPILauncher(environment: ProcessInfo.processInfo.environment)
      return (launcher, try Destination.json(options.json, of: world))
    }
    guard let launcher else {
      throw JobFailure(
        description: "there is no mpirun of Open MPI in PATH. Install:  apt-get install -y openmpi-bin",
        isSpeaker: world.rank == 0, code: 69)
    }
    let measurement = MeasurementReporter(options.progress, seconds: 0, on: world)
    defer { measurement.finish() }
    var found = TransportsFile()
    try onEveryRank(of: world) {
      let jobs = TransportJobs(launcher, widths: options.dModel, batch: options.batch, seconds: options.seconds)
      for transport in Transport.all {
        measurement.begin(stage: transport.title)
        found.add(try jobs.run(transport), of: transport)
        try StopSignal.check()
      }
      measurement.finish()
      found.origin = Origin(of: world)
      print(found.text)
      try file?.write(SchemaJSON.encode(found))
    }
  }
}

/// A way between two ranks, and the strategy that is timed on it.
struct Transport {
  /// As the JSON has it: "window", "memory", "loopback", "delay".
  let name: String
  let title: String
  let strategy: SynchronisationStrategy
  /// Of a packet between hosts, in µs; nil on one host.
  var delay: Int?

  static let all = [
    Transport(name: "window", title: "shared window", strategy: .shared),
    Transport(name: "memory", title: "MPI, shared memory", strategy: .allreduce),
    Transport(name: "loopback", title: "MPI, TCP on loopback", strategy: .allreduce),
    Transport(name: "delay", title: "MPI, TCP with 50 µs of delay", strategy: .allreduce, delay: 50),
  ]

  /// Open MPI's settings that leave it no other way.
  func settings(_ launcher: MPILauncher) -> [(name: String, value: String)] {
    switch name {
    case "loopback": [("pml", "ob1"), ("btl", "self,tcp"), ("btl_tcp_if_include", "lo")]
    default: [("pml", "ob1"), ("btl", "self,\(launcher.sharedMemoryTransport)")]
    }
  }
}

/// The jobs of two ranks, each a `bench --sync` of the same widths.
struct TransportJobs {
  private let launcher: MPILauncher
  private let words: [String]
  /// For each job.
  private let limit: Double

  /// What a job has measured, or why there is nothing.
  enum Outcome {
    case measured(SynchronisationFile)
    case missing(String)
  }

  init(_ launcher: MPILauncher, widths: [Int], batch: Int, seconds: Double) {
    self.launcher = launcher
    words =
      ["bench", "--sync", "--d-model"] + widths.map(String.init) + ["--batch", "\(batch)", "--seconds", "\(seconds)"]
      + ["--progress", "never"]
    limit = 60 + 4 * seconds * Double(widths.count)
  }

  /// - Throws: `Stopped` where a signal asks for the end.
  func run(_ transport: Transport) throws -> Outcome {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ddp-train-transports-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let json = "\(folder)/result.json"
    let words = words + ["--json", json]
    let missing =
      if let delay = transport.delay {
        try runOnHosts(words, delay: delay)
      } else {
        try end(
          of: WaitedJob(
            launcher: launcher, ranks: 2, settings: transport.settings(launcher), binder: ProjectFiles.binder ?? [],
            program: [ProjectFiles.program] + words, seconds: limit))
      }
    if let missing { return .missing(missing) }
    guard let data = FileManager.default.contents(atPath: json) else { return .missing("its job wrote no results") }
    return .measured(try SchemaJSON.decode(data))
  }

  /// Two hosts in namespaces, which come up for it and go with it.
  ///
  /// - Returns: why there are no results; nil where there are.
  private func runOnHosts(_ words: [String], delay: Int) throws -> String? {
    guard let script = ProjectFiles.path("launch/namespaces") else { return "launch/namespaces is not to be found" }
    guard geteuid() == 0 else { return "hosts in namespaces need root" }
    // The scripts look for ddp-launch in their checkout, where another build may have made this program.
    let own = ProjectFiles.launcher.map { ["env", "DDP_LAUNCH=\($0)"] } ?? []
    let hosts = own + [script, "--name", "transports-\(getpid())"]
    func call(_ words: [String], seconds: Double = 30) throws -> String? {
      try end(of: WaitedJob(words: hosts + words, seconds: seconds))
    }
    defer { _ = WaitedJob(words: hosts + ["down"], seconds: 30).run() }
    // A packet from the one to the other passes one delayed cable.
    return try call(["up", "nodeA", "nodeB"]) ?? call(["delay", "nodeA", "\(delay)us"])
      ?? call(["run", "--hosts", "nodeA:1,nodeB:1", "--program", ProjectFiles.program, "--"] + words, seconds: limit)
  }

  /// - Returns: nil where it ended well.
  private func end(of job: WaitedJob) throws -> String? {
    let end = job.run { StopSignal.isRequested }
    try StopSignal.check()
    guard let end else { return "its job did not start, or did not end within \(Int(job.seconds)) s" }
    guard end.code != 0 else { return nil }
    return end.lastWords.isEmpty ? "its job ended with \(end.code)" : end.lastWords
  }
}
