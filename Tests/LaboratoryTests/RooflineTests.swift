import DataParallel
import GPT
import Laboratory
import Schemas
import Testing

@Suite("rooflines")
struct RooflineTests {
  private func levels(_ caches: [(level: Int, bytes: Int, cpus: Int)]) -> [MemoryLevel] {
    RooflineFile.levels(caches: caches)
  }

  @Test("what is read of each level fits it, and not the one before")
  func arrays() {
    let own = levels([(1, 48 << 10, 1), (2, 1 << 20, 1), (3, 32 << 20, 8)])
    #expect(own.map(\.level) == ["L1", "L2", "L3", "memory"])
    #expect(own.map(\.measuredBytes) == [24 << 10, 512 << 10, 8 << 20, 128 << 20])
    #expect(own.map(\.bytes) == [48 << 10, 1 << 20, 32 << 20, nil] && own.map(\.cpus) == [1, 1, 8, nil])
    // Two hardware threads share what is nearest, and the third level is little more than the second.
    let tight = levels([(1, 32 << 10, 2), (2, 2 << 20, 2), (3, 3 << 20, 16)])
    #expect(tight.map(\.measuredBytes) == [8 << 10, 512 << 10, 3 << 19, 64 << 20])
    #expect(levels([]).map(\.level) == ["memory"])
    // No cache of one size is two levels; a huge last one does not take all memory.
    #expect(
      levels([(1, 64 << 10, 1), (2, 64 << 10, 1), (3, 1 << 30, 96)]).map(\.measuredBytes) == [
        32 << 10, 256 << 20, 1 << 30,
      ])
  }

  private func step(_ shape: Shape, rows: Double, operations: Double) -> StepSize {
    var step = StepSize(shape: shape, batch: 1, engine: EngineOptions(), names: NameTable([Name()]))
    (step.rows, step.pairs, step.pieceRows, step.piecePairs) = (rows, rows, rows, rows)
    (step.operations, step.positions) = (operations, rows)
    return step
  }

  @Test("a phase is bound by the arithmetic, or by the bandwidth of the nearest level that holds it")
  func bounds() throws {
    let shape = try Shape(dModel: 16, heads: 4)
    var file = RooflineFile()
    file.levels = levels([(1, 64 << 10, 1), (2, 4 << 20, 1)])
    #expect(file.size(shape, batch: 1, step(shape, rows: 100, operations: 6e6)).phases.allSatisfy { $0.boundUs == nil })
    file.peakGflops = 100
    for (index, bandwidth) in [100.0, 50, 10].enumerated() { file.levels[index].gbPerSecond = bandwidth }
    let size = file.size(shape, batch: 1, step(shape, rows: 100, operations: 6e6))
    let forward = size.phases[0]
    // 2 MFLOP over about 170 KB: 11 FLOP a byte, at 50 GB/s more than the peak.
    #expect(forward.level == "L2" && forward.boundBy == "arithmetic" && forward.boundGflops == 100)
    #expect(forward.flop == 2e6 && forward.boundUs == 20)
    let adam = size.phases[2]
    #expect(adam.flop == 14 * 4192 && adam.level == "L2" && adam.boundBy == "bandwidth")
    #expect(abs((adam.boundUs ?? 0) - Double(adam.bytes) / 50e3) < 1e-9, "all bytes once, at 50 GB/s")
    #expect(size.boundUs == size.phases.compactMap(\.boundUs).reduce(0, +))
    #expect(size.paddedFlop == 6 * 4192 * 16 && size.nominalFlop == 6 * 4192 * 100 && size.doneFlop == 6e6)
    // Nothing holds it but memory.
    file.levels[1].bytes = 100 << 10
    #expect(file.size(shape, batch: 1, step(shape, rows: 100, operations: 6e6)).phases[0].level == "memory")
  }

  @Test("levels are measured in turns, each as often")
  func measured() throws {
    let measurement = RooflineMeasurement(bytes: [16 << 10, 1 << 20])
    try measurement.run(seconds: 0)
    #expect(measurement.peaks.count == 3 && measurement.peaks.allSatisfy { $0 > 0 })
    #expect(measurement.bandwidths.count == 2 && measurement.bandwidths.allSatisfy { $0.median > 0 })
  }
}
