import Glibc
import MPI
import Testing

/// What needs no second rank: this test process is a world of one, without MPI.
@Suite("a world of one rank", .serialized)
struct SingletonTests {
  /// MPI is initialised once in a process. The tests of a serialized suite run one after another, but not all
  /// on one thread.
  nonisolated(unsafe) static var environment: Environment?
  static let start: (any Error)? = {
    do {
      environment = try Environment()
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
    #expect(world.isAlone)
  }

  @Test func collectivesAreTheIdentity() throws {
    for operation in Reduction.allCases { #expect(try world.allReduce(5, operation) == 5) }
    #expect(try world.allReduce([1.5, -2.5], .sum) == [1.5, -2.5])
    #expect(try world.allGather(3) == [3])
    #expect(try world.allGather("näme") == ["näme"])
    #expect(try world.broadcast([1, 2, 3] as [UInt8]) == [1, 2, 3])
    #expect(try world.allGatherV([Float(1), 2]) == [[1, 2]])
  }

  @Test func thereIsNobodyToSendTo() {
    #expect(throws: MPIError.self) { try world.send(1, to: 0) }
    let error = #expect(throws: MPIError.self) { try world.receive(Int.self, from: 0) }
    #expect(error?.errorClass == .rank)
    #expect(error.map { "\($0)" }?.hasPrefix("MPI_Recv on rank 0: this process is alone") == true)
  }

  @Test func partsOfItAreItself() throws {
    // What cannot be copied cannot be handed to #require.
    guard let part = try world.split(color: 3) else { throw ExitingError() }
    #expect(part.communicator.isAlone && part.size == 1)
    try part.free()
    if try world.split(color: nil) != nil { Issue.record("a part without a color") }
    let node = try world.splitShared()
    #expect(node.communicator.isAlone)
    try world.barrier()
    try world.rest()
  }

  @Test func whatIsStartedIsComplete() throws {
    let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: 2)
    defer { values.deallocate() }
    values.initialize(repeating: 3)
    var request = try world.iallReduce(inPlace: values)
    #expect(try request.test())
    try request.wait()
    #expect(values.elementsEqual([3, 3]))
  }

  @Test func aWrongCountNamesBothNumbers() throws {
    let input = [Float](repeating: 1, count: 3)
    var output = [Float](repeating: 0, count: 5)
    let error = #expect(throws: MPIError.self) {
      try output.withUnsafeMutableBufferPointer { out in
        try input.withUnsafeBufferPointer { try world.allGather($0, into: out) }
      }
    }
    #expect(error?.errorClass == .count)
    #expect(error?.message == "the output has 5 elements and the input 3 on each of 1 ranks")
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
