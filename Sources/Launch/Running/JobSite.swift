/// Where a job runs: this host, hosts that ssh reaches, hosts in namespaces.
public protocol JobSite: Sendable {
  /// Looks at the hosts, and says how the job is to be started there now.
  ///
  /// - Throws: `JobSiteError` where that cannot be.
  func prepare(_ place: JobPlace) async throws -> PreparedJob

  /// Watches the hosts of a job that runs, for what Open MPI itself may not notice: a host that is lost while mpirun starts the
  /// ranks is waited for without end. Returns when it is cancelled.
  ///
  /// - Parameter lost: is told a host and what is wrong with it.
  func watch(_ job: PreparedJob, place: JobPlace, lost: @escaping @Sendable (_ host: String, _ wrong: String) -> Void)
    async

  /// The hosts of a job that has failed which are not well, each with what is wrong.
  func unwell(_ job: PreparedJob) async -> [(host: String, wrong: String)]

  /// Removes what is left of a job on other hosts.
  func cleanUp(_ place: JobPlace) async
}

extension JobSite {
  public func watch(
    _ job: PreparedJob, place: JobPlace, lost: @escaping @Sendable (_ host: String, _ wrong: String) -> Void
  ) async {}
  public func unwell(_ job: PreparedJob) async -> [(host: String, wrong: String)] { [] }
  public func cleanUp(_ place: JobPlace) async {}
}

/// A job that can be started now.
public struct PreparedJob: Sendable {
  public var line: JobLine
  /// Hosts that do not answer, and so have no ranks.
  public var leftOut: [String] = []
  /// How many hosts there are with them.
  public var allHosts = 1
  /// Lines for the user, before the start.
  public var notes: [String] = []

  public init(line: JobLine) { self.line = line }

  var ranks: Int { line.hosts.isEmpty ? line.ranks ?? 0 : line.hosts.compactMap(\.ranks).reduce(0, +) }
}

/// Why a job cannot be started: one or more lines, and the exit code of a job that never was.
public struct JobSiteError: Error, Sendable {
  public let lines: [String]
  public let code: Int32

  public init(_ lines: [String], code: Int32) { (self.lines, self.code) = (lines, code) }
  public init(_ line: String, code: Int32) { self.init([line], code: code) }
}

/// EX_USAGE of sysexits.h: an option, or what it names, is wrong.
public let exitUsage = ExitCodes.usage
/// EX_UNAVAILABLE of sysexits.h: something is missing here.
public let exitUnavailable: Int32 = 69
