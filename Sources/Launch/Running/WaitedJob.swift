import Glibc

/// A job that its caller waits for, such as one that measures. Whoever starts more than one, or needs to go on after a
/// failure, has `JobRunner`.
public struct WaitedJob: Sendable {
  /// mpirun, or whatever starts it, and its arguments.
  public var words: [String]
  /// After so many seconds it is ended, as where it is unwanted.
  public var seconds: Double

  public struct End: Sendable, Equatable {
    /// As exit codes of shells: 128 + n for signal n.
    public var code: Int32
    /// Its last words on standard error, those that Open MPI puts into boxes left out; empty where there are none.
    public var lastWords: String
  }

  /// Any words that start a job.
  public init(words: [String], seconds: Double) { (self.words, self.seconds) = (words, seconds) }

  /// Ranks on this host, each on a core of its own where there are enough.
  ///
  /// - Parameters:
  ///   - settings: of Open MPI's, by name.
  ///   - binder: the words that bind a rank, before the program; empty for none.
  ///   - program: its words.
  public init(
    launcher: MPILauncher, ranks: Int, settings: [(name: String, value: String)], binder: [String], program: [String],
    seconds: Double, cores: UsableCores = .ofThisHost()
  ) {
    var line = JobLine(launcher: launcher)
    (line.ranks, line.mapping, line.binder) = (ranks, "slot", binder)
    line.sharesCores = ranks > cores.count
    line.allowsRoot = geteuid() == 0
    self.init(
      words: ["env"] + settings.map { "OMPI_MCA_\($0.name)=\($0.value)" } + line.words(program), seconds: seconds)
  }

  /// Runs it to its end.
  ///
  /// - Parameter isUnwanted: whether it is to end now.
  /// - Returns: nil where it cannot be started, was unwanted, or did not end in time.
  public func run(unless isUnwanted: () -> Bool = { false }) -> End? {
    // mpirun ends its ranks when it is asked to; killed, it would leave them for a while.
    let call = LimitedCall(words: words, seconds: seconds, grace: 5)
    guard let answer = call.wait(unless: isUnwanted) else { return nil }
    let lines = answer.errors.split(separator: "\n").filter { line in
      !line.allSatisfy { $0 == "-" || $0 == "=" || $0.isWhitespace }
    }
    return End(code: answer.code, lastWords: lines.last.map(String.init) ?? "")
  }
}

extension MPILauncher {
  /// The name of what carries messages through shared memory: Open MPI 5 has renamed it.
  public var sharedMemoryTransport: String { usesPRRTE ? "sm" : "vader" }
}
