import DataParallel
import Foundation
import GPT
import Schemas
import Values

/// Memory that ranks share, and files that Open MPI keeps.
extension JobFacts {
  /// Open MPI's own segment of each rank, its default (btl_vader_segment_size), which a run fills where there is room.
  private static let segment = 4 << 20

  /// Bytes of shared memory on a host at a width.
  static func needed(dModel: Int, ranks: Int) -> Int {
    guard let shape = try? Shape(dModel: dModel, heads: Shape.defaultHeads(dModel: dModel)) else { return .max }
    return SharedMemory.needed(shape: shape, engine: EngineOptions(), ranks: ranks) + ranks * segment
  }

  /// What a run takes at some widths, on the host that has most ranks.
  var memory: [RunMemoryResult] {
    let counts = hosts.indices.map(wantedRanks)
    let (ranks, most) = (counts.reduce(0, +), counts.max() ?? 1)
    let host = counts.firstIndex(of: most) ?? 0
    let domains = isUnderMPIRun ? domainRanks(on: host) : proposedDomainRanks(on: host)
    return [64, 128, 512].compactMap { width in
      guard let shape = try? Shape(dModel: width, heads: Shape.defaultHeads(dModel: width)),
        let settings = try? Settings(
          shape: shape, batch: 1024, steps: 1, learningRate: 0.01, seed: 1, engine: EngineOptions(), evaluate: false)
      else { return nil }
      let need = RunMemory(settings, ranks: ranks, ranksOnHost: most, domainRanks: domains)
      return RunMemoryResult {
        ($0.c, $0.heads, $0.batch, $0.ranks, $0.ranksOnHost) = (width, shape.heads, settings.batch, ranks, most)
        ($0.rankBytes, $0.sharedBytes) = (need.rank, need.shared + (ranks > 1 ? most * Self.segment : 0))
        $0.hostBytes = most * $0.rankBytes + $0.sharedBytes
      }
    }
  }

  /// Whether the ranks' gradients and the parameters fit.
  func sharedMemoryFinding(_ host: Int) -> Finding {
    let check = "shared memory"
    let folder = hosts[host].sharedMemory
    let ranks = wantedRanks(on: host)
    guard ranks > 1 else { return .fine(check, "one rank shares none") }
    guard let free = folder.free else {
      return .advice(
        check, "\(folder.path) cannot be looked at: ranks may have no memory to share", do: "mount a tmpfs")
    }
    let usual = Self.needed(dModel: 64, ranks: ranks)
    let most = Self.needed(dModel: Shape.widest, ranks: ranks)
    let has = "\(folder.path) has \(bytes(free)) left"
    guard free >= usual else {
      return .problem(
        check, "\(has); \(plural(ranks, "rank")) need \(bytes(usual)) at d-model 64, Open MPI's own included",
        do: "make it larger: mount -o remount,size=\(megabytes(most)) \(folder.path), or docker run "
          + "--shm-size=\(megabytes(most))")
    }
    guard free >= most else {
      let widths = Array(stride(from: 64, through: Shape.widest, by: 16))
      let widest = widths.last { Self.needed(dModel: $0, ranks: ranks) <= free }
      return .advice(
        check, "\(has): enough up to d-model \(widest ?? 64); \(Shape.widest) needs \(bytes(most))",
        do: "for wider models: mount -o remount,size=\(megabytes(most)) \(folder.path)")
    }
    return .fine(check, "\(has); d-model 64 needs \(bytes(usual)), \(Shape.widest) needs \(bytes(most))")
  }

  /// Whether Open MPI has room for its files.
  func temporaryFinding(_ host: Int) -> Finding {
    let folder = hosts[host].temporary
    guard folder.isWritable else {
      return .problem(
        "temporary", "Open MPI keeps its files in \(folder.path), where this user cannot write",
        do: "set TMPDIR to a folder of this machine's own disk")
    }
    guard let free = folder.free else { return .fine("temporary", folder.path) }
    guard free >= 1 << 20 else {
      return .problem(
        "temporary", "\(folder.path), where Open MPI keeps its files, has \(bytes(free)) left",
        do: "free some, or set TMPDIR to another folder")
    }
    return .fine("temporary", "\(folder.path) has \(bytes(free)) left")
  }

  /// Whether long messages can be copied once.
  func singleCopyFinding(_ host: Int) -> Finding? {
    let answers = isUnderMPIRun ? ranks(on: host).map { ranks[$0].singleCopy } : ranks.map(\.singleCopy)
    let why = answers.lazy.compactMap { answer -> String? in
      if case .refused(let why) = answer { why } else { nil }
    }.first
    if let why {
      return .advice(
        "single copy",
        "a rank may not read another's memory (process_vm_readv: \(why)): long messages are copied twice",
        do: "allow it, where it matters: docker run --cap-add=SYS_PTRACE")
    }
    if answers.contains(.switchedOff) {
      return .fine("single copy", "switched off by btl_vader_single_copy_mechanism: long messages are copied twice")
    }
    return answers.contains(.works) ? .fine("single copy", "ranks may read each other's memory") : nil
  }
}

/// For mount's and docker's options, which count in 1024s: rounded up.
private func megabytes(_ count: Int) -> String { "\((count >> 20) + 1)m" }
