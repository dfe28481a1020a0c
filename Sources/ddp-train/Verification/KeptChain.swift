import Chain
import Checkpoints
import DataParallel
import Foundation
import MPI
import Schemas
import Values

/// The chain of a folder as its files have it, the same on all ranks, and what is wrong with it.
struct KeptChain {
  let path: String
  /// Of all checkpoints that have a link, in the order of steps; not empty.
  let links: [KeptLink]
  /// In the order of steps.
  private(set) var problems: [ChainProblem] = []

  /// From one link to the next.
  struct Segment {
    /// Nil for the start of the chain.
    let from: KeptLink?
    let to: KeptLink
    var fromStep: Int { from?.step ?? 0 }
  }

  /// Reads all files, each on one rank. Collective.
  ///
  /// - Throws: `JobFailure` on all ranks where the folder cannot be read, or has no chain.
  init(path: String, world: Communicator) throws {
    self.path = path
    let steps = try onEveryRank(of: world) {
      guard world.rank == 0 else { return [] as [Int] }
      guard CheckpointListing.isFolder(path) else { throw CheckpointError(.refused, path, "is no folder") }
      return try CheckpointListing(path: path).entries.map(\.step).sorted()
    }
    let all = try world.broadcast(steps)
    let own = try onEveryRank(of: world) {
      var own: [KeptLink] = []
      for index in stride(from: world.rank, to: all.count, by: world.size) {
        try StopSignal.check()
        own.append(try KeptLink(path: CheckpointFolder.file(in: path, step: all[index]), step: all[index]))
      }
      return own
    }
    let files = try world.allGather(ofEach: own).sorted { $0.step < $1.step }
    links = files.filter { $0.link != nil }
    try onEveryRank(of: world) {
      guard !files.isEmpty else { throw CheckpointError(.refused, path, "has no checkpoints") }
      guard !files.allSatisfy(\.isWithoutChain) else {
        throw CheckpointError(.refused, path, "its run keeps no chain: --keep-every makes one")
      }
    }
    for file in files {
      guard let what = problem(file) else { continue }
      problems.append(Self.problem(file.path, file.step, what))
    }
  }

  /// The newest.
  var head: KeptLink? { links.last }

  /// Those that can be replayed: nothing is wrong with the files at their ends.
  var soundSegments: [Segment] {
    segments.filter { segment in
      !problems.contains { $0.step == segment.to.step || $0.step != nil && $0.step == segment.from?.step }
    }
  }

  /// All whose beginning is there.
  var segments: [Segment] {
    links.compactMap { file in
      guard let link = file.link else { return nil }
      if link.previousStep == 0 { return Segment(from: nil, to: file) }
      return self[link.previousStep].map { Segment(from: $0, to: file) }
    }
  }

  subscript(step: Int) -> KeptLink? { links.first { $0.step == step } }

  static func problem(_ path: String, _ step: Int?, _ what: String) -> ChainProblem {
    ChainProblem { ($0.path, $0.step, $0.what) = (path, step, what) }
  }

  /// What is wrong with a file, alone and beside the one before.
  private func problem(_ file: KeptLink) -> String? {
    guard let link = file.link else { return file.defect }
    let before = link.previousStep == 0 ? nil : self[link.previousStep]
    let beside = before ?? links.first { $0.step > file.step }
    let differences = beside.map { self.differences(link, $0) } ?? ""
    if let defect = file.defect { return differences.isEmpty ? defect : "\(defect): \(differences)" }
    if let before, before.defect == nil, !differences.isEmpty { return "is of another run: \(differences)" }
    return place(link, before)
  }

  /// What is wrong with the place of a link in the chain.
  private func place(_ link: ChainLink, _ before: KeptLink?) -> String? {
    let step = "step \(grouped(link.previousStep))"
    guard link.previousStep < link.step else { return "hangs on \(step), which is not before it" }
    // The start is in no file.
    if link.previousStep == 0 { return link.number == 1 ? nil : "hangs on the start, and is link \(link.number)" }
    guard let before else { return "hangs on the link of \(step), which is not in the folder" }
    guard before.digest == link.previous else { return "hangs on another link of \(step) than the one that is there" }
    guard before.link?.number == link.number - 1 else { return "is not the next link after that of \(step)" }
    return nil
  }

  /// Settings that two links of a run cannot have differently: "seed is 2 there and 1 in step 20". Another number of steps
  /// is a run's, where the chain says so.
  private func differences(_ link: ChainLink, _ other: KeptLink) -> String {
    guard let there = other.link else { return "" }
    var one = link.settings
    var two = there.settings
    if other.step < link.step, RunChain.changes(one).contains(other.step) {
      for key in ["steps", CheckpointFormat.earlierSteps] { (one[key], two[key]) = (nil, nil) }
    }
    var words = SettingDifference.all(one, two).map { difference in
      "\(difference.key) is \(escaped(difference.a ?? "missing")) there and \(escaped(difference.b ?? "missing")) "
        + "in step \(grouped(other.step))"
    }
    if link.names != there.names { words.append("it trained on other names than step \(grouped(other.step))") }
    return words.joined(separator: "; ")
  }
}

extension SettingDifference {
  /// In the order of keys.
  static func all(_ a: [String: String], _ b: [String: String]) -> [SettingDifference] {
    Set(a.keys).union(b.keys).sorted().filter { a[$0] != b[$0] }.map { key in
      SettingDifference { ($0.key, $0.a, $0.b) = (key, a[key], b[key]) }
    }
  }
}

extension Communicator {
  /// All ranks' values together, in the order of the ranks, on every rank. Collective.
  func allGather<Value: Codable>(ofEach own: [Value]) throws -> [Value] {
    let texts = try allGather(String(decoding: try JSONEncoder().encode(own), as: UTF8.self))
    return try texts.flatMap { try JSONDecoder().decode([Value].self, from: Data($0.utf8)) }
  }
}
