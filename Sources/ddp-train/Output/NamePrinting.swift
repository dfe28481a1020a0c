import DataParallel
import GPT
import MPI

/// Prints names on rank 0, one a line, until a stop request or until standard output takes no more. Collective: many names
/// are written by all ranks, and a few by rank 0, while the others sleep.
func printNames(_ count: Int, on world: Communicator, by generator: () throws -> Generator) throws {
  // A generator prepares tables for its model.
  guard count > 0 else {
    if world.rank == 0 { flushStandardOutput() }
    return
  }
  let time = LastWords()
  func run(_ isStopped: () throws -> Bool) throws {
    try NameWriting(generator(), over: world).run(count) {
      try world.rank == 0 && !standardOutputWorks || time.areOver(isStopped)
    } write: { text in
      printUnchanged(text)
    }
    if world.rank == 0 { flushStandardOutput() }
  }
  if NameWriting.isShared(count, over: world) {
    try run { StopSignal.isRequested }
  } else {
    try world.rest { isStopped in
      if world.rank == 0 { try run(isStopped) }
    }
  }
}
