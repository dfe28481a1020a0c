import ArgumentParser
import DataParallel
import MPI
import Options
import Values

@main
struct DDPTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ddp-train",
    abstract: "Trains a one-layer character GPT on names, data-parallel over MPI.",
    discussion: """
      Run it alone, or on N ranks with `mpirun -np N ddp-train`. `ddp-train` alone means `ddp-train train`; \
      `ddp-train train --help` lists its options. `ddp-train supervise` and `ddp-train cluster` are those of ddp-launch, which \
      starts jobs and watches over them.

      Exit codes: 0 done; 1 something failed, and one line on standard error says what; 64 wrong arguments: a \
      command, an option or a value that there is not, on the command line or in a configuration file, or options that do \
      not go together; 69 ranks \
      cannot find each other, or something else that MPI needs is missing; 78 the CPU lacks what the program was built \
      for; 130 stopped by a signal, in order: where checkpoints are kept the last one is written, and --resume goes on; \
      141 the reader of standard output has gone, for which generate ends with 0 (as under head). Every signal that ends a program by default stops \
      this one in order, but those that report a fault of its own (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, \
      SIGSYS), SIGKILL, and a second SIGINT or SIGQUIT. Under mpirun a signal to mpirun itself may end with mpirun's \
      own code.
      """,
    version: packageVersion,
    subcommands: [
      Train.self, Generate.self, SweepCommand.self, RaceCommand.self, Check.self, Bench.self, ScalingCommand.self,
      Report.self, CompareCommand.self, Predict.self, CeilingCommand.self, LadderCommand.self, Doctor.self,
      RanksCommand.self, Info.self, VerifyCommand.self, LessonCommand.self,
    ],
    defaultSubcommand: Train.self)

  static func main() {
    // Before a signal has a handler here: the other program has its own.
    LauncherCommands.become(Array(CommandLine.arguments.dropFirst()))
    StopSignal.install()
    reserveStandardDescriptors()
    Job.run { try parse() }
  }

  private static func parse() throws -> any JobCommand {
    let commands = configuration.subcommands.map { $0._commandName }
    let words = CommandLineWords.joiningNegativeNumbers(Array(CommandLine.arguments.dropFirst()))
    do {
      try CommandLineWords.requireCommand(words, among: commands + LauncherCommands.names)
      var parsed = try parseAsRoot(words)
      if let command = parsed as? any JobCommand { return command }
      // What is left is a request for help, which throws it.
      try parsed.run()
      throw CleanExit.helpRequest(self)
    } catch let error as OptionError {
      throw ParsingEnded(message: error.description, code: error.exitCode)
    } catch {
      let code = exitCode(for: error).rawValue
      guard code != 0 else { throw ParsingEnded(message: fullMessage(for: error), code: 0) }
      let command = words.first.flatMap { commands.contains($0) ? $0 : nil } ?? "train"
      throw ParsingEnded(message: CommandLineWords.oneLine(message(for: error), command: command), code: code)
    }
  }
}

/// A subcommand: what every rank runs between MPI's init and finalize.
protocol JobCommand: ParsableCommand {
  /// Whether one rank can do all of it, and others have nothing to add but that they are there.
  static var oneTaskIsEnough: Bool { get }
  /// Whether it is done, and has not failed, where the reader of standard output goes before the end.
  static var readerMayLeave: Bool { get }

  /// - Throws: `JobFailure` where all ranks know of the failure; anything else ends the job at once.
  func run(on world: Communicator) throws
}

extension JobCommand {
  static var oneTaskIsEnough: Bool { false }
  static var readerMayLeave: Bool { false }
}

/// The command line asked for help, or cannot be understood.
struct ParsingEnded: Error, CustomStringConvertible {
  let message: String
  let code: Int32
  var description: String { message }
}
