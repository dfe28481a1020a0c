import Dataset
import GPT
import TestSupport
import Testing

@testable import DataParallel

@Suite("ranks that pay")
struct PayingRanksTests {
  private static let names = (try? NameSet(path: PackagePaths.names).table) ?? NameTable([])

  private func paying(_ batch: Int, of most: Int, dModel: Int = 16, microShards: Int? = nil) throws -> PayingRanks {
    var settings = try Settings(
      shape: Shape(dModel: dModel, heads: 4), batch: batch, steps: 100, learningRate: 0.01, seed: 1,
      engine: EngineOptions(), evaluate: false, reproducible: microShards != nil)
    if let microShards { settings.microShards = microShards }
    return PayingRanks(settings, names: Self.names, most: most)
  }

  @Test("as many as names where there are few, all where there are many")
  func counts() throws {
    for width in [16, 64, 256] {
      for batch in [1, 2, 4, 8] { #expect(try paying(batch, of: 64, dModel: width).count == batch) }
      for ranks in [1, 2, 3, 64, 192] {
        let many = try paying(1024, of: ranks, dModel: width)
        #expect(many.count == ranks && many.advice == nil)
      }
    }
    // The longest name of sixteen takes as long as two others.
    let sixteen = try paying(16, of: 64).count
    #expect(sixteen >= 8 && sixteen <= 16)
    #expect(try paying(16, of: 2).advice == nil)
  }

  @Test("a job of more is told so, and what would keep it busy")
  func advice() throws {
    let one = try paying(1, of: 64)
    #expect(one.advice == "64 ranks for 1 name: 1 would be as fast; a batch of \(one.enoughBatch) has work for all")
    #expect(try paying(one.enoughBatch, of: 64).advice == nil)
    #expect(try paying(one.enoughBatch / 2, of: 64).advice != nil)
    let few = try paying(1024, of: 64, microShards: 16)
    #expect(few.count == 16)
    #expect(
      few.advice == "64 ranks for 16 micro-shards: 16 would be as fast; --micro-shards says how many there are")
    #expect(try paying(1024, of: 64, microShards: 64).advice == nil)
  }

  @Test("the numbers that are looked at", arguments: [1, 2, 3, 5, 64, 100])
  func candidates(most: Int) {
    let numbers = PayingRanks.candidates(upTo: most)
    #expect(numbers.first == 1 && numbers.last == most && numbers == Set(numbers).sorted())
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 <= 2 * $0 })
  }
}
