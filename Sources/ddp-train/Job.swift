import DataParallel
import Doctor
import Foundation
import GPT
import Launch
import MPI
import Values

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
      if let reason = error.reason { writeToStandardError(.error, "error", reason) }
      exit(error.code)
    }
    // A rank that is refused memory must not leave the others waiting for it.
    outOfMemory = { wanted in
      Environment.abort(because: CommandFailure("the system refuses \(bytes(wanted)) of memory; see ulimit -v"))
    }
    requireRoomForProgram()
    do {
      try LifeSigns.start(over: mpi.world)
      try Screen.settle(over: mpi.world)
    } catch {
      Environment.abort(because: error)
    }
    if Rehearsal.isOn, understood != nil, mpi.world.rank == 0 {
      RankLogHandler.logger(rank: 0).notice(
        """
        \(Rehearsal.variable) is set: at most \(Rehearsal.steps) steps, and \(Rehearsal.seconds) s of each measurement; \
        no time and no loss means anything
        """)
    }
    var (code, ending): (Int32, JobEnding) = (0, .done)
    do {
      do {
        let command = try onEveryRank(of: mpi.world) { try parsing.get() }
        try requireAgreement([("the command", "\(type(of: command))".lowercased())], over: mpi.world)
        do {
          try command.run(on: mpi.world)
        } catch let ended as ExitRequest {
          (code, ending) = (ended.code, .done)
        }
        try StopSignal.check(over: mpi.world)
      } catch let stopped as Stopped {
        (code, ending) = (130, .stopped)
        // ddp-launch hands every request on as SIGUSR1: its user sent another, or none.
        let isHandedOn = stopped.number == SIGUSR1 && GoingOn.launcherWords != nil
        if mpi.world.rank == 0 {
          writeToStandardError("ddp-train: \(isHandedOn ? "stopped as asked" : "\(stopped)")\n")
        }
      } catch let failure as JobFailure {
        (code, ending) = (failure.code, failure.code == 0 ? .done : JobEnding(failure))
        if failure.isSpeaker { say(failure) }
      }
      // Now and not at exit: as soon as one rank has exited with an error, mpirun ends the others.
      code = codeOfOutput(else: code, readerMayLeave: understood.map { type(of: $0).readerMayLeave } ?? false)
      if code != 0, ending == .done { ending = .failed }
      // Before MPI ends, which may take for ever.
      LifeSigns.end(ending, code: code, rank: mpi.world.rank)
      try mpi.finalize()
    } catch {
      // This rank alone knows that something is wrong: no other may wait for it.
      Environment.abort(because: error)
    }
    exit(code)
  }

  /// The exit code, which is another where what was printed has not arrived.
  ///
  /// - Parameter readerMayLeave: whether a result that nobody reads to its end is as good as a whole one.
  private static func codeOfOutput(else code: Int32, readerMayLeave: Bool) -> Int32 {
    guard let reason = flushStandardOutput() else { return code }
    // As if SIGPIPE had ended it: whoever closes a pipe, as head does, has read enough.
    if standardOutputHasNoReader { return code == 0 && !readerMayLeave ? 128 + SIGPIPE : code }
    writeToStandardError(.error, "error", "standard output: \(reason)")
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
    default: writeToStandardError(.error, "error", failure.description)
    }
  }
}

/// Something that failed, and no option's fault: one sentence that says what, and what to do. Ends the program with 1.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Ends a command, on all ranks, with an exit code and no further message.
struct ExitRequest: Error {
  let code: Int32
}
