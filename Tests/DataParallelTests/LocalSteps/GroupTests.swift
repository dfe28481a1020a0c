import GPT
import Testing
import Values

@testable import DataParallel

@Suite("groups of ranks")
struct GroupTests {
  @Test("a host's ranks, each rank, or so many neighbours")
  func grouping() throws {
    let hosts = [0, 0, 1, 1, 1, 2]
    #expect(try RankGroups.groups(.host, hosts: hosts, isSpeaker: true) == hosts)
    #expect(try RankGroups.groups(.rank, hosts: hosts, isSpeaker: true) == Array(0..<6))
    #expect(try RankGroups.groups(.count(6), hosts: hosts, isSpeaker: true) == Array(0..<6))
    #expect(try RankGroups.groups(.count(2), hosts: [0, 0, 0, 0, 0], isSpeaker: true) == [0, 0, 0, 1, 1])
    #expect(
      try RankGroups.groups(.count(4), hosts: [0, 0, 0, 0, 1, 1, 1, 1], isSpeaker: true) == [0, 0, 1, 1, 2, 2, 3, 3])
  }

  @Test(
    "groups that cannot be are refused with the reason",
    arguments: [
      (3, [0, 0], "groups 3 needs a rank for each of them, and there are 2"),
      (1, [0, 1], "groups 1 would have ranks of several nodes in one"),
      (2, [0, 0, 1, 1, 1], "groups 2 would have ranks of several nodes in one"),
    ])
  func refused(count: Int, hosts: [Int], words: String) {
    let failure = #expect(throws: JobFailure.self) {
      try RankGroups.groups(.count(count), hosts: hosts, isSpeaker: true)
    }
    #expect(failure?.description.hasPrefix(words) == true, "\(failure?.description ?? "")")
    #expect(failure?.code == 64)
  }

  @Test("a batch is dealt in proportion to the ranks, and all of it; in equal parts where a run is reproducible")
  func shares() {
    for batch in [7, 16, 100, 1023] {
      for sizes in [[1, 1], [2, 1], [3, 4, 5], [1, 1, 1, 1, 1, 1, 1]] {
        for reproducible in [false, true] {
          let slots = RankGroups.shares(sizes: sizes, reproducible: reproducible).map { $0.slots(of: batch) }
          #expect(slots.first?.lowerBound == 0 && slots.last?.upperBound == batch)
          #expect(zip(slots, slots.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
          let ranks = Double(sizes.reduce(0, +))
          for (own, size) in zip(slots, sizes) {
            let wanted = reproducible ? Double(batch) / Double(sizes.count) : Double(batch * size) / ranks
            #expect(abs(Double(own.count) - wanted) < 1)
          }
        }
      }
    }
  }

  @Test("a group without names is refused; a batch that grows is asked for its smallest")
  func names() throws {
    var settings = try localSettings(batch: 8)
    let groups = RankGroups(playing: [1, 1, 1], world: .alone)
    try groups.requireNames(settings, isSpeaker: true)
    settings.batchRamp = 2
    let failure = #expect(throws: JobFailure.self) { try groups.requireNames(settings, isSpeaker: true) }
    #expect(failure?.description.hasPrefix("a batch of 2 names leaves one of 3 groups without any") == true)
  }

  @Test("groups draw what one rank draws: all names of a batch, each once, and in no order that their letters have")
  func draws() throws {
    let names = try packageNames()
    var settings = try localSettings(batch: 60)
    let whole = BatchDraft(settings, names: names, ranks: 1)
    for step in [0, 3, 500] {
      whole.finish(step)
      let all = Array(whole.share(of: 0).names)
      var dealt: [[Name]] = []
      var positions = 0
      for share in RankGroups.shares(sizes: [2, 1], reproducible: false) {
        settings.share = share
        let own = BatchDraft(settings, names: names, ranks: 1)
        own.finish(step)
        dealt.append(Array(own.share(of: 0).names))
        positions += own.share(of: 0).facts.positions
      }
      #expect(dealt.map(\.count) == [40, 20])
      #expect(all == dealt.joined().sorted())
      #expect(positions == whole.share(of: 0).facts.positions)
      // Pieces of a sorted batch would follow each other.
      #expect(dealt[0][39] > dealt[1][0] && dealt[1][19] > dealt[0][0])
    }
  }
}

func localSettings(batch: Int, steps: Int = 1000, width: Int = 16) throws -> Settings {
  try Settings(
    shape: Shape(dModel: width, heads: 4), batch: batch, steps: steps, learningRate: 0.01, seed: 3,
    engine: EngineOptions(), evaluate: false)
}
