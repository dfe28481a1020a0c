/// What an attempt that has ended comes to.
enum Verdict: Equatable {
  /// The last one; with a line to say, if any.
  case final(code: Int32, line: String? = nil)
  case failure(Failure)

  struct Failure: Equatable {
    /// "the job hung"
    let what: String
    /// What supervision ends with if it gives up; not 0.
    let code: Int32
    var diskFull = false
    /// The first end with code 0 of ranks that could not be heard: another one shows whether that is how they finish.
    var mayHaveFinished = false
  }

  /// - Parameters:
  ///   - exit: mpirun's exit code, 128 + n after signal n.
  ///   - isFirst: whether no attempt has been before.
  ///   - endedWellBefore: whether the one before ended with code 0 and could not be heard.
  init(
    _ attempt: Attempt, exit: Int32, wasAsked: Bool, isFirst: Bool, endedWellBefore: Bool, limits: SupervisionLimits
  ) {
    let word = attempt.word?.ending
    // What ranks say that were stopped tells nothing of why.
    let code = word == .stopped ? exit : attempt.code(exit)
    if word == .done {
      self = .final(code: 0)
    } else if word == .stopped && (wasAsked || !limits.startsAgain && attempt.wasOnlyAsked(exit))
      || exit == ExitCodes.stopped && (wasAsked || !attempt.wasEnded)
    {
      // Whoever asked: a signal to a rank does so too, and is the first to end then. A job that supervision ends may say the
      // same, and so may ranks that mpirun ends because a daemon or a host is lost, or because it was killed itself.
      self = .final(code: ExitCodes.stopped)
    } else if wasAsked {
      self = Self.asked(attempt, code: code, exit: exit)
    } else if let reason = word?.reasonNotToStartAgain {
      self = .final(code: code == 0 ? 1 : code, line: limits.startsAgain ? "not started again: \(reason)" : nil)
    } else if !limits.startsAgain {
      self = Self.unfinished(attempt, code: code)
    } else if code == ExitCodes.usage || code == ExitCodes.configuration {
      self = .final(code: code)
    } else if word == .diskFull {
      self = .failure(Failure(what: "a disk is full", code: code == 0 ? 1 : code, diskFull: true))
    } else if code == 1, isFirst, !attempt.wasEnded, !attempt.hasBegun, !attempt.wasUnheard {
      // A job that has never begun says why, to a user who is still there; nothing is lost.
      self = .final(code: 1)
    } else if attempt.hung {
      self = .failure(Failure(what: "the job hung", code: code == 0 ? 1 : code))
    } else if code == 0, attempt.mayFinishUnheard, endedWellBefore {
      self = .final(code: 0, line: "the job ended with code 0 twice, and its ranks cannot be heard: taken for finished")
    } else if code == 0 {
      let what = word == nil || word == .stopped ? Self.withoutWord : "the job failed, by rank 0's own word"
      self = .failure(Failure(what: what, code: 1, mayHaveFinished: attempt.mayFinishUnheard))
    } else {
      self = .failure(Failure(what: "the job ended with code \(code) (\(ExitCodes.explain(code)))", code: code))
    }
  }

  /// What supervision ends with where mpirun cannot be killed.
  static func code(leaving attempt: Attempt, wasAsked: Bool) -> Int32 {
    switch attempt.word?.ending {
    case .done: 0
    case .stopped where wasAsked || !attempt.wasEnded: ExitCodes.stopped
    default: ExitCodes.killed
    }
  }

  /// Open MPI 5 ends with 0 when a host is lost: the code proves nothing.
  private static let withoutWord = "the job ended with code 0, but rank 0 did not say that it has finished"

  private static func asked(_ attempt: Attempt, code: Int32, exit: Int32) -> Verdict {
    // What had not begun to train was ended by the signal itself.
    if exit == ExitCodes.stoppedBeforeStart || (code == 0 && attempt.channels.wasOpen && !attempt.hasBegun) {
      return .final(code: ExitCodes.stopped)
    }
    return unfinished(attempt, code: code)
  }

  /// The end of a job that is not started again, and of which rank 0 did not say that it has finished.
  private static func unfinished(_ attempt: Attempt, code: Int32) -> Verdict {
    guard code == 0, !attempt.mayFinishUnheard else { return .final(code: code) }
    if !attempt.lostHosts.isEmpty { return .final(code: ExitCodes.hostLost) }
    return .final(code: 1, line: attempt.word == nil ? withoutWord : nil)
  }
}

extension JobEnding {
  /// What is wrong and what to do, where another start would come to the same.
  fileprivate var reasonNotToStartAgain: String? {
    switch self {
    case .diverged:
      "the loss is no longer a number, and another start would come to the same; try a lower --learning-rate"
    case .refused: "an option, or what it names, is wrong; change it as the job says above"
    case .noPermission: "a file or folder may not be read or written; see above which, and whose it is"
    case .otherRun:
      "the folder of checkpoints belongs to another run; name another --checkpoint-dir, or that run's options"
    case .done, .stopped, .diskFull, .failed: nil
    }
  }
}
