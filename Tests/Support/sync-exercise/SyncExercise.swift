import CAllocations
import DataParallel
import Dataset
import Foundation
import GPT
import MPI

/// A program for the tests: trains with one strategy on every rank, compares the result with one rank's, and counts
/// allocations.
///
///     mpirun -np 3 sync-exercise sharded 32 5
///     sharded: 3 ranks, error 2.1e-07, hash 0123…, allocations 0.00
///
/// Arguments: strategy, width, steps, bucket in KiB, and of `shared` domains; or `tournament` and engines, whose results it prints, the fastest first:
///
///     mpirun -np 2 sync-exercise tournament simd scalar
///     simd shared 20.1
///
/// Or `batches`: whether ranks that draw batches for each other train as those that draw each for itself:
///
///     mpirun -np 2 sync-exercise batches
///     the same: 4 runs
///
/// Or `groups`: whether one rank that plays the groups of all others, a rank each, comes to what they come to:
///
///     mpirun -np 2 sync-exercise groups
///     the same: 4 runs
@main
struct SyncExercise {
  static func main() {
    let arguments = CommandLine.arguments
    let engines = arguments.dropFirst(2).compactMap(EngineKind.init(rawValue:))
    if arguments.dropFirst().first == "tournament" {
      return within { try tournament(of: engines, world: $0) }
    }
    if arguments.dropFirst().first == "batches" { return within { try batches(world: $0) } }
    if arguments.dropFirst().first == "groups" { return within { try groups(world: $0) } }
    guard [5, 6].contains(arguments.count), let strategy = SynchronisationStrategy(rawValue: arguments[1]),
      let width = Int(arguments[2]), let steps = Int(arguments[3]), let bucket = Int(arguments[4])
    else { exit(64) }
    let domains = arguments.count == 6 ? Int(arguments[5]) : nil
    within { try run(strategy, width: width, steps: steps, bucketKiB: bucket, domains: domains, world: $0) }
  }

  private static func within(_ body: (Communicator) throws -> Void) {
    do {
      let mpi = try Environment()
      do {
        try body(mpi.world)
      } catch {
        withExtendedLifetime(mpi) { Environment.abort(because: error) }
      }
      try mpi.finalize()
    } catch {
      Environment.abort(because: error)
    }
  }

  private static func tournament(of engines: [EngineKind], world: Communicator) throws {
    let settings = try Settings(
      shape: Shape(dModel: 16, heads: 4), batch: 7, steps: 100, learningRate: 0.01, seed: 1,
      engine: EngineOptions(), evaluate: false)
    let results = try Tournament(
      settings, engines: engines.map(EngineOptions.init(kind:)), names: try NameSet(path: names).table, world: world
    ).results
    guard world.rank == 0 else { return }
    for result in results { print("\(result.engine) \(result.strategy) \(result.step)") }
  }

  private static func batches(world: Communicator) throws {
    let names = try NameSet(path: names).table
    var runs = 0
    for (reproducible, strategy) in [(false, .shared), (true, .auto), (false, .allreduce), (false, .factors)]
      as [(Bool, SynchronisationStrategy)]
    {
      var settings = try Settings(
        shape: Shape(dModel: 16, heads: 4), batch: 20, steps: 60, learningRate: 0.01, seed: 1,
        engine: EngineOptions(), evaluate: false, strategy: strategy, reproducible: reproducible)
      settings.batchRamp = 1
      let results = try [true, false].map { sharing in
        let synchronisation = try Synchronisation(settings, world: world)
        let training = try TrainingStep(
          settings: settings, names: names, rank: world.rank, ranks: world.size,
          synchronisation: synchronisation.implementation, batches: sharing ? synchronisation.batches : nil)
        // A run, steps once more, some left out, and the last ones.
        let order = Array(0..<21) + Array(4..<7) + [9, 9, 10] + Array(40..<60) + Array(0..<2)
        let outcomes = try order.map { step in
          let outcome = try training.run(step, measuringWait: step % 5 == 0)
          return "\(outcome.loss) \(outcome.positions) \(outcome.rows) \(training.work.rows)"
        }
        let hash = training.state.parametersHash
        if !sharing { try synchronisation.batches?.close() }
        try training.close()
        return outcomes + [hash]
      }
      let same = try world.allReduce(results[0] == results[1] ? 1 : 0, .min)
      guard same == 1 else { throw JobFailure(description: "\(strategy): other batches", isSpeaker: world.rank == 0) }
      runs += 1
    }
    if world.rank == 0 { print("the same: \(runs) runs") }
  }

  private static func groups(world: Communicator) throws {
    let names = try NameSet(path: names).table
    var runs = 0
    for (every, update, overlaps, reproducible) in [
      (1, .average, false, true), (7, .nesterov(rate: 0.7, momentum: 0.9), false, true), (5, .average, true, true),
      (7, .average, false, false),
    ] as [(Int, OuterUpdate, Bool, Bool)] {
      var settings = try Settings(
        shape: Shape(dModel: 16, heads: 4), batch: 20, steps: 60, learningRate: 0.01, seed: 1,
        engine: EngineOptions(), evaluate: false, reproducible: reproducible)
      var local = LocalSteps(every: every)
      (local.groups, local.update, local.overlaps) = (.rank, update, overlaps)
      settings.localSteps = local
      func train(on group: Communicator) throws -> [String] {
        let trainer = try Trainer(settings: settings, names: names, dataHash: "", version: "", world: group)
        var losses: [String] = []
        let summary = try trainer.run(onRecord: { losses.append("\(($0.loss * 1e5).rounded())") })
        try trainer.close()
        return [summary.parametersHash] + losses
      }
      let real = try train(on: world)
      settings.localSteps?.groups = .count(world.size)
      settings.localSteps?.isPlayed = true
      let played = try train(on: .alone)
      let same = try world.allReduce(real == played ? 1 : 0, .min)
      guard same == 1 else {
        throw JobFailure(description: "every \(every), \(update): \(real) \(played)", isSpeaker: world.rank == 0)
      }
      runs += 1
    }
    if world.rank == 0 { print("the same: \(runs) runs") }
  }

  private static func run(
    _ strategy: SynchronisationStrategy, width: Int, steps: Int, bucketKiB: Int, domains: Int?, world: Communicator
  ) throws {
    var settings = try Settings(
      shape: Shape(dModel: width, heads: 4), batch: 7, steps: steps, learningRate: 0.01, seed: 1,
      engine: EngineOptions(), evaluate: false, strategy: strategy, bucketKiB: bucketKiB)
    settings.domains = domains
    let names = try NameSet(path: names).table
    let synchronisation = try Synchronisation(settings, world: world)
    let training = try TrainingStep(
      settings: settings, names: names, rank: world.rank, ranks: world.size,
      synchronisation: synchronisation.implementation, batches: synchronisation.batches)

    for step in 0..<steps { _ = try training.run(step, measuringWait: step % 3 == 0) }
    let error = try world.allReduce(try differenceFromOneRank(training.state, settings, names), .max)
    let hashes = Set(try world.allGather(training.state.parametersHash))

    // What the library's own collectives allocate is not a strategy's doing; it is counted beside it.
    // The fewest of three times: a list inside the library that grows once is not a strategy's either.
    var own = Double.infinity
    for _ in 0..<3 {
      own = min(own, try allocations(over: steps) { _ = try training.run($0, measuringWait: false) })
    }
    let most = try world.allReduce(own, .max)
    let library = try world.allReduce(
      try allocationsOfTheLibrary(strategy, settings, bucketKiB: bucketKiB, world: world), .max)
    if world.rank == 0 {
      print(
        "\(synchronisation.strategy): \(world.size) ranks, error \(error), hash \(hashes.sorted().joined(separator: "/")), "
          + "allocations \(most), library \(library)")
    }
    try training.close()
  }

  /// The relative difference, norm-wise, from parameters that one rank alone arrives at.
  private static func differenceFromOneRank(
    _ state: ModelState, _ settings: Settings, _ names: NameTable
  ) throws -> Double {
    let alone = try TrainingStep(
      settings: settings, names: names, rank: 0, ranks: 1,
      synchronisation: SoloSynchronisation(parameterCount: settings.shape.parameterCount))
    for step in 0..<settings.steps { _ = try alone.run(step, measuringWait: false) }
    var (difference, size) = (0.0, 0.0)
    for i in 0..<settings.shape.parameterCount {
      let (value, expected) = (Double(state.parameters[i]), Double(alone.state.parameters[i]))
      difference += (value - expected) * (value - expected)
      size += expected * expected
    }
    return (difference / size).squareRoot()
  }

  /// A step, on average.
  private static func allocations(over steps: Int, _ body: (Int) throws -> Void) throws -> Double {
    let before = callocations_count()
    for step in 0..<steps { try body(step) }
    return Double(callocations_count() - before) / Double(steps)
  }

  /// What the same collectives allocate a step when nothing but them is called.
  private static func allocationsOfTheLibrary(
    _ strategy: SynchronisationStrategy, _ settings: Settings, bucketKiB: Int, world: Communicator
  ) throws -> Double {
    let layout = settings.engine.layout(shape: settings.shape)
    let count = layout.parameterCount + 3
    let message = AlignedBuffer<Float>(zeros: count)
    let part = AlignedBuffer<Float>(zeros: count)
    var sizes = layout.slices(world.size, .stripes).map(\.count)
    sizes[world.size - 1] += 3
    let counts = try RankCounts(sizes)
    let own = UnsafeMutableBufferPointer(rebasing: part.buffer[counts.range(world.rank)])
    let buckets = (count + bucketKiB * 256 - 1) / (bucketKiB * 256)
    func once() throws {
      switch strategy {
      case .sharded:
        try world.reduceScatter(UnsafeBufferPointer(message.buffer), into: own, counts: counts)
        try world.allGatherV(inPlace: part.buffer, counts: counts)
      case .overlap:
        for bucket in 0..<buckets {
          let range = bucket * bucketKiB * 256..<min((bucket + 1) * bucketKiB * 256, count)
          try world.iallReduce(inPlace: UnsafeMutableBufferPointer(rebasing: message.buffer[range])).wait()
        }
      default: try world.allReduce(inPlace: message.buffer)
      }
    }
    for _ in 0..<3 { try once() }
    return try allocations(over: 20) { _ in try once() }
  }

  private static var names: String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../data/names.txt")
      .standardized.path
  }
}
