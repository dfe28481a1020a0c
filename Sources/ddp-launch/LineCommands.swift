import ArgumentParser
import Glibc
import Launch
import Values

struct Line: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the line that starts a job with mpirun.",
    usage: "ddp-launch line [<options>] [--] [<ddp-train options>]",
    discussion: """
      For Open MPI 4 or 5, whichever mpirun is. Ranks are bound to cores by each host's own mask.
      """)

  @OptionGroup var job: JobOptions

  @Argument(
    parsing: .captureForPassthrough, help: ArgumentHelp("Options of ddp-train.", valueName: "ddp-train options"))
  var words: [String] = []

  func run() async throws { try await printLine(job, words: programWords(words)) }
}

/// The line of a job that is not started.
func printLine(_ options: JobOptions, words: [String]) async throws {
  let program = try Programs.trainer(options.program)
  let place = JobPlace(name: "JOB", temporaryFiles: Programs.environment["TMPDIR"] ?? "/tmp")
  let job: PreparedJob
  do {
    job = try await options.site(program: program).prepare(place)
  } catch let error as JobSiteError {
    throw Refusal(error)
  }
  job.notes.forEach(say)
  print(job.line.words([program] + words).map(shellWord).joined(separator: " "))
}

struct Cores: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print how many ranks can work here at the same time.",
    discussion: """
      Physical cores of this process's mask and cpuset, hardware threads of one core counted once, or fewer where a control \
      group's quota pays for fewer.
      """)

  @Flag(help: "Print a line for each core: its CPUs, with commas between them. A quota takes none away.")
  var list = false

  func run() {
    let cores = UsableCores.ofThisHost()
    guard list else { return print(cores.count) }
    for core in cores.cores { print(core.map(String.init).joined(separator: ",")) }
  }
}

struct Bind: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What mpirun starts as each rank: binds it to its core, then becomes the program.",
    usage: "ddp-launch bind <program> [<arguments>]",
    discussion: """
      The core is the one whose place among those of this host is the rank's local number. mpirun's own --bind-to ignores \
      taskset's mask. Ranks that outnumber the cores are left free.
      """)

  @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("The program and its arguments.", valueName: "program"))
  var words: [String] = []

  func run() throws {
    let words = programWords(words)
    guard let program = words.first else { throw ValidationError("which program?") }
    let environment = Programs.environment
    func number(_ name: String) throws -> Int {
      guard let value = environment[name].flatMap({ Int($0) }) else {
        throw Refusal("\(name) is not set: mpirun starts this, as each rank")
      }
      return value
    }
    let localRank = try number("OMPI_COMM_WORLD_LOCAL_RANK")
    let localRanks = try number("OMPI_COMM_WORLD_LOCAL_SIZE")
    if let folder = environment["OMPI_MCA_osc_sm_backing_directory"], folder.contains("/\(JobPlace.prefix)") {
      do {
        try enterJobFolder(folder)
      } catch {
        throw Refusal("\(error)", code: exitUnavailable)
      }
    }
    if !bindToOwnCore(localRank: localRank, localRanks: localRanks) {
      say("rank \(localRank) of this host cannot be bound: \(String(cString: strerror(errno)))")
    }
    var arguments = words.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
    execvp(program, &arguments)
    throw Refusal("\(printable(program)) cannot be started: \(String(cString: strerror(errno)))", code: 127)
  }
}

struct Inventory: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what this host has of all that a job needs, for another host.", shouldDisplay: false)

  @Option var program: String
  @Option var mpirun: String

  func run() async {
    print(await inventoryText(program: program, mpirun: mpirun, launcher: Programs.own), terminator: "")
  }
}

struct Guard: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Wait until nobody watches a job any more, and end what is left of it here.", shouldDisplay: false)

  @Argument var name: String
  @Argument var folders: [String] = []

  func run() { HostGuard(name: name, folders: folders).run() }
}

struct Sweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Remove what is left of a job here.", shouldDisplay: false)

  @Argument var name: String
  @Argument var folders: [String] = []

  func run() { HostGuard(name: name, folders: folders).sweep() }
}
