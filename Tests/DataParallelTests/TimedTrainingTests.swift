import DataParallel
import Dataset
import GPT
import TestSupport
import Testing

/// How measurements run steps, without the times: those flake.
@Suite("Timed training")
struct TimedTrainingTests {
  private let names: NameTable
  private let timed: TimedCase

  init() throws {
    names = try NameSet(path: PackagePaths.names).table
    timed = TimedCase(shape: try Shape(dModel: 16, heads: 4), batch: 16, engine: EngineOptions())
  }

  @Test("one core takes the steps of a plain training, bit for bit", arguments: [1, 3])
  func sameSteps(stepsPerTime: Int) throws {
    let training = try TimedTraining(timed.settings, names: names, stepsPerTime: stepsPerTime)
    for _ in 0..<2 { try training.turn() }
    let plain = try TrainingStep(
      settings: timed.settings, names: names, rank: 0, ranks: 1,
      synchronisation: SoloSynchronisation(parameterCount: timed.shape.parameterCount))
    // Two times choose the length of a turn; each turn begins with times that do not count.
    let warmUp = training.counted * 2 / 3
    let turn = warmUp + training.counted
    let losses = try (0..<(2 + 2 * turn) * stepsPerTime).map { try plain.run($0, measuringWait: false).loss }
    let expected = [2 + warmUp..<2 + turn, 2 + turn + warmUp..<2 + 2 * turn].flatMap { times in
      times.map { losses[($0 + 1) * stepsPerTime - 1] }
    }
    #expect(training.steps.map(\.outcome.loss) == expected)
    #expect(training.waitingSteps.isEmpty)
  }

  @Test("a run of few steps begins again")
  func fewSteps() throws {
    var settings = try timed.settings
    settings.steps = 1
    let training = try TimedTraining(settings, names: names)
    for _ in 0..<4 { try training.turn() }
    #expect(Set(training.steps.map(\.outcome.positions)).count == 1)
  }

  @Test("a counter is read around each step")
  func counter() throws {
    var calls: UInt64 = 0
    let training = try TimedTraining(timed.settings, names: names) {
      calls += 1
      return calls * calls
    }
    try training.turn()
    // From the square of an odd number to the next one's.
    let before = 2 * UInt64(2 + training.counted * 2 / 3)
    #expect(training.steps.map(\.allocations) == training.steps.indices.map { 2 * (before + 2 * UInt64($0) + 1) + 1 })
  }

  @Test("rounds go on until the time is over and there are enough of them", arguments: [(0.0, 1), (0.0, 5), (0.02, 1)])
  func rounds(seconds: Double, least: Int) throws {
    var (rounds, heard) = (0, [Turns.Progress]())
    try Turns(seconds: seconds, leastRounds: least).run(progress: { heard.append($0) }) { rounds += 1 }
    #expect(seconds == 0 ? rounds == least : rounds > least)
    #expect(heard.map(\.rounds) == Array(0...rounds))
    let last = try #require(heard.last)
    #expect(last.elapsedSeconds >= seconds && last.secondsLeft == 0)
    #expect(heard.dropLast().allSatisfy { $0.elapsedSeconds <= last.elapsedSeconds && $0.secondsLeft <= seconds + 1 })
  }

  @Test("a request to stop ends them after the round")
  func stopped() throws {
    var rounds = 0
    try Turns(seconds: 60).run(isStopped: { rounds == 3 }) { rounds += 1 }
    #expect(rounds == 3)
  }
}
