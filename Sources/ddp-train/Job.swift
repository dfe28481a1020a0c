import DataParallel
import Foundation
import MPI

/// The life of the process: parsing, init, command, finalize, exit code.
enum Job {
  /// Parses on every rank, runs the command on all, and exits.
  static func run(_ parse: () throws -> any JobCommand) -> Never {
    let parsing = Result { try parsed(parse) }
    let understood = try? parsing.get()
    let mpi: Environment
    do throws(Start.Refusal) {
      mpi = try Start.environment(
        oneTaskIsEnough: understood.map { type(of: $0).oneTaskIsEnough } ?? true, isUnderstood: understood != nil)
    } catch {
      if let reason = error.reason { writeToStandardError("ddp-train: error: \(reason)\n") }
      exit(error.code)
    }
    var code: Int32 = 0
    do {
      do {
        let command = try onEveryRank(of: mpi.world) { try parsing.get() }
        try requireAgreement([("the command", "\(type(of: command))".lowercased())], over: mpi.world)
        try command.run(on: mpi.world)
      } catch let ended as ExitRequest {
        code = ended.code
      } catch let failure as JobFailure {
        code = failure.code
        if failure.isSpeaker { say(failure) }
      }
      // Now and not at exit: as soon as one rank has exited with an error, mpirun ends the others.
      code = codeOfOutput() ?? code
      try mpi.finalize()
    } catch {
      // This rank alone knows that something is wrong: no other may wait for it.
      Environment.abort(because: error)
    }
    exit(code)
  }

  /// The exit code where what was printed has not arrived, which it then says; nil where it has.
  private static func codeOfOutput() -> Int32? {
    guard let reason = flushStandardOutput() else { return nil }
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

  /// Help goes to standard output, errors to standard error.
  private static func say(_ failure: JobFailure) {
    switch failure.code {
    case 0: print(failure.description)
    case 64: writeToStandardError(failure.description + "\n")
    default: writeToStandardError("ddp-train: error: \(failure.description)\n")
    }
  }
}

/// Ends a command, on all ranks, with an exit code and no further message.
struct ExitRequest: Error {
  let code: Int32
}
