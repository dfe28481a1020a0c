import Glibc
import MPI
import Testing

/// What needs no second rank: this test process is a world of one.
@Suite("a world of one rank", .serialized)
struct SingletonTests {
  /// MPI is initialised once in a process. The tests of a serialized suite run one after another, but not all
  /// on one thread. Dropping the environment of one rank finalises it.
  nonisolated(unsafe) static var environment: Environment?
  static let start: (any Error)? = {
    do {
      environment = try Environment(requiring: .serialized)
      atexit { SingletonTests.environment = nil }
      return nil
    } catch {
      return error
    }
  }()

  let world: Communicator

  init() throws {
    if let error = Self.start { throw error }
    guard let world = Self.environment?.world else { throw ExitingError() }
    self.world = world
  }

  struct ExitingError: Error {}

  @Test func itIsRankZeroOfOne() throws {
    #expect(world.rank == 0)
    #expect(world.size == 1)
    #expect(!Environment.isRunningUnderMPIRun)
  }

  @Test func theThreadLevelIsWhatWasProvided() throws {
    let level = Self.environment?.threadLevel
    #expect(try #require(level) >= .serialized)
    #expect(ThreadLevel.single < .funneled && .funneled < .serialized && .serialized < .multiple)
  }

  @Test func collectivesAreTheIdentity() throws {
    for operation in Reduction.allCases where operation != .logicalAnd && operation != .logicalOr {
      #expect(try world.allReduce(UInt32(5), operation) == 5)
    }
    #expect(try world.allReduce([1.5, -2.5], .sum) == [1.5, -2.5])
    #expect(try world.allGather(3) == [3])
    #expect(try world.allGather("näme") == ["näme"])
    #expect(try world.broadcast([1, 2, 3] as [UInt8]) == [1, 2, 3])
    #expect(try world.gather([Float(1), 2]) == [1, 2])
  }

  @Test func floatsHaveNoBitwiseOr() throws {
    let error = #expect(throws: MPIError.self) { try world.allReduce(Float(1), .bitwiseOr) }
    #expect(error?.errorClass == .operation)
    #expect(error?.function == "MPI_Allreduce")
    #expect(error?.rank == 0)
    let description = error.map { "\($0)" } ?? ""
    #expect(description.hasPrefix("MPI_Allreduce on rank 0: MPI_ERR_OP"))
  }

  @Test func aWrongCountNamesBothNumbers() throws {
    let input = [Float](repeating: 1, count: 3)
    var output = [Float](repeating: 0, count: 5)
    let error = #expect(throws: MPIError.self) {
      try output.withUnsafeMutableBufferPointer { out in
        try input.withUnsafeBufferPointer { try world.allReduce($0, into: out) }
      }
    }
    #expect(error?.errorClass == .count)
    #expect(error?.message == "the input has 3 elements and the output 5")
    #expect(output == [0, 0, 0, 0, 0])
  }

  @Test func aSecondEnvironmentThrows() {
    // A closure cannot return an Environment, which cannot be copied.
    do {
      let second = try Environment()
      _ = consume second
      Issue.record("MPI was initialised twice")
    } catch {
      #expect(error.errorClass == .other)
    }
  }

  @Test func aWindowOfOneRank() throws {
    let window = try SharedWindow<Double>(on: world, count: 10, alignment: 4096)
    #expect(Int(bitPattern: window.local.baseAddress) % 4096 == 0)
    #expect(window.local.allSatisfy { $0 == 0 })
    window.local[9] = 2
    try window.barrier()
    #expect(window.segment(of: 0)[9] == 2)
    try window.free()
  }

  @Test func countsLieOneAfterAnother() throws {
    let counts = try RankCounts([3, 0, 4])
    #expect(counts.total == 7)
    #expect(counts.ranks == 3)
    #expect((0..<3).map(counts.range) == [0..<3, 3..<3, 3..<7])
    #expect((0..<3).map(counts.count) == [3, 0, 4])
  }
}
