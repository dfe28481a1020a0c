import ArgumentParser
import Glibc
import Launch
import Values

struct Line: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the mpirun line of a job, and start nothing.",
    usage: "ddp-launch line [<options>] [-- <ddp-train options>]",
    discussion: """
      In the words of Open MPI 4 or 5, whichever mpirun is. Each rank is started through ddp-launch bind. A \
      job that ddp-launch starts has folders of its own besides, and what the ranks need for their signs of life.
      """)

  @OptionGroup var job: JobOptions

  @OptionGroup var trainer: ProgramWords

  func run() async throws { try await printLine(job, words: trainer.words) }
}

/// The line of a job that is not started.
func printLine(_ options: JobOptions, words: [String]) async throws {
  let program = try Programs.trainer(options.program)
  let place = JobPlace(name: "JOB", temporaryFiles: Programs.environment["TMPDIR"] ?? "/tmp")
  var job: PreparedJob
  do {
    job = try await options.site(program: program).prepare(place)
  } catch let error as JobSiteError {
    throw Refusal(error)
  }
  job.notes.forEach(say)
  // Folders that nobody would remove.
  job.line.place = nil
  print(job.line.words([program] + words).map(shellWord).joined(separator: " "))
}

struct Cores: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print how many ranks can work on this machine at the same time.",
    discussion: """
      The physical cores that hold a CPU of this process's mask (taskset, cpuset), the hardware threads of a core counted \
      once; or fewer, where a control group's quota pays for fewer.
      """)

  @Flag(help: "Print a line for each core instead: its CPUs, with commas between them. Quotas do not count.")
  var list = false

  func run() {
    let cores = UsableCores.ofThisHost()
    guard list else { return print(cores.count) }
    for core in cores.cores { print(core.map(String.init).joined(separator: ",")) }
  }
}

struct Bind: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Bind this rank to a core of its own, and become the program: what mpirun starts.",
    usage: "ddp-launch bind <program> [<arguments>]",
    discussion: """
      mpirun -np 2 --bind-to none ddp-launch bind ddp-train --steps 1000

      Rank n of a host takes the n-th of the cores that ddp-launch cores --list prints there, so a mask of taskset is kept; \
      mpirun's own --bind-to ignores it. Where ranks outnumber the cores none is bound.
      """)

  @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("The program and its arguments.", valueName: "program"))
  var words: [String] = []

  func run() throws {
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
    throw Refusal("\(printable(program)) cannot be started: \(becomeProgram(words))", code: 127)
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
