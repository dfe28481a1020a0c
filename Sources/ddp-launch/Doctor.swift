import ArgumentParser
import Files
import Launch
import Values

struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is wrong with this machine, also where MPI is missing.",
    usage: "ddp-launch doctor [--program <file>] [-- <options of ddp-train doctor>]",
    discussion: """
      What ddp-train doctor says, where ddp-train starts. Where it does not, because MPI is missing or its module is not \
      loaded, what can be said without it, and what to do.

      Exit codes: 0 nothing is wrong, though there may be advice; 1 there is a problem.
      """)

  @Option(
    help: ArgumentHelp("The program, instead of the ddp-train beside ddp-launch.", valueName: "file"),
    completion: .file())
  var program: String?

  @OptionGroup var trainer: ProgramWords

  func run() async throws {
    let program = try Programs.trainer(program)
    guard let complaint = await whyNotStarted(program) else {
      let reason = becomeProgram([program, "doctor"] + trainer.words)
      throw Refusal("\(escaped(program)) cannot be started: \(reason)", code: exitUnavailable)
    }
    print("program   \(escaped(program)) does not start: \(escaped(complaint))")
    describeHost()
    throw ExitCode(1)
  }

  private func describeHost() {
    let cores = UsableCores.ofThisHost()
    let list = compactList(cores.cores.joined().sorted())
    let quota = cores.quota.map { ", of which a quota pays for \($0)" } ?? ""
    print("cores     \(plural(cores.cores.count, "core"))\(quota), CPUs \(list)")
    if let memory = MemoryLimits().available { print("memory    \(bytes(memory)) left") }
    for (name, folder) in [("shared   ", FolderRoom.sharedMemory), ("temporary", FolderRoom.temporary)] {
      let room = folder.free.map { "\(bytes($0)) left" } ?? "cannot be looked at"
      print("\(name) \(escaped(folder.path)), \(room)\(folder.isWritable ? "" : ", not writable")")
    }
    if let launcher = MPILauncher(environment: Programs.environment) {
      print("mpirun    Open MPI \(launcher.version), \(escaped(launcher.path))")
      print("do        its library is not found: load the module that mpirun came with, or set LD_LIBRARY_PATH")
    } else {
      print("mpirun    there is none of Open MPI's in PATH")
      print("do        apt-get install -y openmpi-bin, or load your system's module")
    }
  }
}
