import DataParallel
import Doctor
import Foundation
import GPT
import MPI
import Values

/// The life of the process: init, command, finalize, exit code.
enum Job {
  /// Runs a command that is already parsed.
  static func run(_ command: any JobCommand) -> Never { run { command } }

  /// Parses on every rank, runs the command on all, and exits.
  static func run(_ parse: () throws -> any JobCommand) -> Never {
    let mpi: Environment
    do {
      mpi = try Environment()
    } catch {
      Environment.abort(because: error)
    }
    // A rank that is refused memory must not leave the others waiting for it.
    outOfMemory = { wanted in
      Environment.abort(because: OptionError("the system refuses \(bytes(wanted)) of memory; see ulimit -v"))
    }
    requireRoomForProgram()
    var code: Int32 = 0
    do {
      do {
        let command = try onEveryRank(of: mpi.world) { try parsed(parse) }
        try requireAgreement([("the command", "\(type(of: command))".lowercased())], over: mpi.world)
        do {
          try command.run(on: mpi.world)
        } catch let ended as ExitRequest {
          code = ended.code
        }
        try StopSignal.check(over: mpi.world)
      } catch let stopped as Stopped {
        code = 130
        if mpi.world.rank == 0 { writeToStandardError("ddp-train: \(stopped)\n") }
      } catch let failure as JobFailure {
        code = failure.code
        if failure.isSpeaker { say(failure) }
      }
      // Now and not at exit: as soon as one rank has exited with an error, mpirun ends the others.
      code = codeOfOutput(else: code)
      try mpi.finalize()
    } catch {
      // This rank alone knows that something is wrong: no other may wait for it.
      Environment.abort(because: error)
    }
    exit(code)
  }

  /// Ends a process that never reached MPI.
  static func end(with error: any Error) -> Never {
    let ended = error as? ParsingEnded ?? ParsingEnded(message: "\(error)", code: 1)
    say(ended.message, failed: ended.code != 0)
    exit(codeOfOutput(else: ended.code))
  }

  /// The exit code, which is another where what was printed has not arrived.
  private static func codeOfOutput(else code: Int32) -> Int32 {
    guard let reason = flushStandardOutput() else { return code }
    // As if SIGPIPE had ended it: whoever closes a pipe, as head does, has what he wants and is told nothing.
    if standardOutputHasNoReader { return code == 0 ? 128 + SIGPIPE : code }
    writeToStandardError("ddp-train: error: standard output: \(reason)\n")
    return 1
  }

  private static func parsed(_ parse: () throws -> any JobCommand) throws -> any JobCommand {
    do {
      return try parse()
    } catch let ended as ParsingEnded {
      throw JobFailure.Reason(description: ended.message, code: ended.code)
    }
  }

  private static func say(_ failure: JobFailure) {
    let isUsage = failure.code == 0 || failure.code == 64
    say(isUsage ? failure.description : "ddp-train: error: \(escaped(failure.description))", failed: failure.code != 0)
  }

  /// Help goes to standard output, errors to standard error.
  private static func say(_ text: String, failed: Bool) {
    if failed {
      writeToStandardError(text + "\n")
    } else {
      print(text)
      flushStandardOutput()
    }
  }
}

/// Ends a command, on all ranks, with an exit code and no further message.
struct ExitRequest: Error {
  let code: Int32
}
