import Foundation
import MPI
import MPIRunSupport
import Testing

/// A rank that fails takes the whole job with it, soon, and says why.
@Suite("failing jobs", .serialized)
struct FailureTests {
  @Test("a check that does not hold fails the job", arguments: 1...4)
  func wrongResult(ranks: Int) throws {
    let result = try MPIRun(ranks: ranks).run("mpi-exercise", ["wrong"])
    #expect(result.exitCode != 0, "\(result)")
    #expect(!result.stdout.contains("ok,"), "\(result)")
  }

  @Test("one rank throws: rank, host and reason in one line, and no rank hangs", arguments: 1...4)
  func oneThrows(ranks: Int) throws {
    let result = try MPIRun(ranks: ranks).run("mpi-exercise", ["throw-one"], timeout: .seconds(20))
    let ended = Date()
    #expect(result.exitCode == 1, "\(result)")
    #expect(try secondsFromThrow(in: result, to: ended) < 2, "\(result)")
    let line =
      "ddp-train: rank \(ranks - 1) on \(ProcessInfo.processInfo.hostName): the disk is full / on the second line"
    #expect(result.stderr.split(separator: "\n").contains { $0 == line }, "\(result)")
  }

  @Test("it does so though it holds a window, a request and a communicator", arguments: 1...4)
  func oneThrowsHolding(ranks: Int) throws {
    let result = try MPIRun(ranks: ranks).run("mpi-exercise", ["throw-holding"], timeout: .seconds(20))
    let ended = Date()
    #expect(result.exitCode == 1, "\(result)")
    #expect(try secondsFromThrow(in: result, to: ended) < 2, "\(result)")
    #expect(result.stderr.contains("rank \(ranks - 1) on "), "\(result)")
    #expect(result.stderr.contains("thrown with a window and a request"), "\(result)")
  }

  @Test("an environment dropped without finalize: one rank ends well, several do not")
  func droppedEnvironment() throws {
    for ranks in 1...3 {
      let result = try MPIRun(ranks: ranks).run("mpi-exercise", ["drop-environment"], timeout: .seconds(20))
      #expect((result.exitCode == 0) == (ranks == 1), "\(result)")
    }
  }

  @Test("a job that hangs is killed with all its ranks")
  func timeout() throws {
    do {
      let result = try MPIRun(ranks: 2).run("mpi-exercise", ["hang"], timeout: .seconds(1))
      Issue.record("a hanging job ended: \(result)")
    } catch MPIRunError.timedOut(_, let partial) {
      #expect(partial.stdout.contains("hanging"), "\(partial)")
      #expect(partial.elapsed < .seconds(5), "mpirun did not obey SIGTERM: \(partial)")
    }
    #expect(running("mpi-exercise", "hang").isEmpty, "ranks of the killed job still run")
  }

  @Test("a program that is not built is an error of its own")
  func notBuilt() {
    #expect(throws: MPIRunError.self) { try MPIRun(ranks: 1).run("no-such-program") }
  }

  /// The time from the line `thrown at SECONDS`, which a scenario prints before it throws, to the job's end.
  private func secondsFromThrow(in result: RunResult, to end: Date) throws -> Double {
    let line = result.stdout.split(separator: "\n").first { $0.hasPrefix("thrown at ") }
    let time = try #require(line?.split(separator: " ").last.flatMap { Double($0) }, "\(result)")
    return end.timeIntervalSince1970 - time
  }

  /// The processes whose command line ends in this program and this argument.
  private func running(_ program: String, _ argument: String) -> [String] {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return processes.filter { process in
      guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return false }
      let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return words.count == 2 && words[0].hasSuffix("/\(program)") && words[1] == argument
    }
  }
}
