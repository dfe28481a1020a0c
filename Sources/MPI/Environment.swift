internal import CMPI
import Glibc

/// MPI itself, from init to finalize; or a world of one rank without it, where nobody started others. There is one in
/// a process, once in its life.
///
/// Whoever makes one must `finalize()` it on every path that is not an error, and `abort(because:)` on every other: no
/// rank may wait for one that has failed.
///
/// - Source: MPI 3.1, §8.7 Startup and §12.4.3.
public struct Environment: ~Copyable, Sendable {
  /// All ranks of the job. It is never freed.
  public let world: Communicator

  /// Initialises MPI and makes its calls return their errors.
  ///
  /// A process that is alone is a world of one rank and calls MPI never: there is nothing that could fail.
  ///
  /// Only the thread that calls this may call MPI.
  ///
  /// - Parameter launch: who started this process.
  /// - Throws: `.other` if there was an environment before in this process.
  /// - Source: MPI 3.1, §12.4.3 MPI_Init_thread, §8.3.1 MPI_Comm_set_errhandler.
  public init(_ launch: Launch = .current) throws(MPIError) {
    let isSecond = environmentIsMade.exchange(true, ordering: .relaxed)
    try require(!isSecond, .other, in: "Environment.init", "MPI is initialised once in a process")
    guard launch != .alone else {
      isAlone.store(true, ordering: .relaxed)
      world = .alone
      return
    }
    nameAHome()
    stayOnHost()
    var provided: CInt = 0
    try check(MPI_Init_thread(nil, nil, CInt(MPI_THREAD_FUNNELED), &provided), function: "MPI_Init_thread")
    try check(
      MPI_Comm_set_errhandler(cmpi_comm_world(), cmpi_errors_return()), function: "MPI_Comm_set_errhandler")
    world = try Communicator(handle: cmpi_comm_world())
  }

  /// Ends MPI. Every rank must arrive here: it waits for the others.
  ///
  /// - Source: MPI 3.1, §8.7 MPI_Finalize.
  public consuming func finalize() throws(MPIError) {
    let isAlone = world.isAlone
    discard self
    if !isAlone { try check(MPI_Finalize(), function: "MPI_Finalize") }
  }

  /// Finalises a world of one rank and nothing larger: an environment that is dropped without `finalize()` is
  /// most likely on its way out with an error, and would wait here for ranks that never come. Left alone, the
  /// process ends, and `mpirun` ends the job because one rank left without finalize.
  deinit {
    if world.size == 1, isRunning() { MPI_Finalize() }
  }
}

extension Environment {
  /// The version of Open MPI whose headers this was built with: "4.1.4". It may run on another.
  public static var versionBuiltFor: String {
    "\(OMPI_MAJOR_VERSION).\(OMPI_MINOR_VERSION).\(OMPI_RELEASE_VERSION)"
  }

  /// The MPI library's own words about itself, in one line.
  ///
  /// - Source: MPI 3.1, §8.1.1 MPI_Get_library_version.
  public static var libraryVersion: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(MPI_MAX_LIBRARY_VERSION_STRING) + 1) { text in
      text.initialize(repeating: 0)
      var length: CInt = 0
      guard MPI_Get_library_version(text.baseAddress, &length) == MPI_SUCCESS, let start = text.baseAddress else {
        return "unknown MPI library"
      }
      return String(cString: start)
    }
  }

  /// The name of the host this rank runs on.
  ///
  /// - Source: MPI 3.1, §8.1.2 MPI_Get_processor_name; outside init … finalize, gethostname(2).
  public static var processorName: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(MPI_MAX_PROCESSOR_NAME) + 1) { text in
      text.initialize(repeating: 0)
      guard let start = text.baseAddress else { return "unknown host" }
      var length: CInt = 0
      let code = isRunning() ? MPI_Get_processor_name(start, &length) : gethostname(start, text.count - 1)
      return code == 0 ? String(cString: start) : "unknown host"
    }
  }
}

/// Open MPI's PMIx looks for settings in the user's folder, and dies of SIGSEGV where neither HOME nor the list of users
/// has one.
private func nameAHome() {
  if getenv("HOME") == nil, getpwuid(geteuid()) == nil { setenv("HOME", "/", 1) }
}

/// The ranks of one host pass their messages through memory, and where that cannot be had through its loopback, whatever
/// network it has. Where nobody says so, Open MPI looks for that network's hardware first, and that alone takes 0.2 s; it
/// opens ports to other hosts; and version 5 complains of an interface through which the host does not reach itself.
private func stayOnHost() {
  func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
  guard let ranks = value("OMPI_COMM_WORLD_SIZE"), ranks == value("OMPI_COMM_WORLD_LOCAL_SIZE") else { return }
  if value("OMPI_MCA_mtl") == nil { setenv("OMPI_MCA_pml", "ob1", 0) }
  if value("OMPI_MCA_btl_tcp_if_exclude") == nil, if_nametoindex("lo") != 0 {
    setenv("OMPI_MCA_btl_tcp_if_include", "lo", 0)
  }
}
