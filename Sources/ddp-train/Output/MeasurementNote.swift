import Foundation
import Glibc
import MPI
import Values

/// What other programs took of this machine's cores while something was measured.
struct OtherLoad {
  /// In seconds of all cores together.
  struct Times: Equatable {
    var busy, all: Double

    /// The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal, in hundredths of a second.
    ///
    /// - Returns: nil for what is none.
    init?(line: String) {
      let words = line.split(separator: " ")
      let ticks = words.dropFirst().prefix(8).compactMap { Double($0) }
      guard words.first == "cpu", ticks.count == 8 else { return nil }
      all = ticks.reduce(0, +) / 100
      busy = all - (ticks[3] + ticks[4]) / 100
    }

    static var now: Self? {
      guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8) else { return nil }
      return text.split(separator: "\n").first.flatMap { Self(line: String($0)) }
    }
  }

  private let start = Times.now
  private let ownStart = Self.ownSeconds

  /// The share of the cores that others used since this value was made; nil where the system does not tell, or in less than
  /// a fifth of a second. Collective; rank 0's host is the one that counts.
  func share(over world: Communicator) throws -> Double? {
    let end = Times.now
    let own = try world.allGather(Self.ownSeconds - ownStart)
    let hosts = try world.allGather(Environment.processorName)
    let onHost = zip(own, hosts).filter { $0.1 == hosts[0] }.map(\.0).reduce(0, +)
    guard let start, let end else { return nil }
    return Self.share(from: start, to: end, own: onHost)
  }

  static func share(from start: Times, to end: Times, own: Double) -> Double? {
    let all = end.all - start.all
    // Ticks are hundredths of a second.
    guard all >= 0.2 else { return nil }
    return min(1, max(0, (end.busy - start.busy - own) / all))
  }

  private static var ownSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// The line under a table of times that are noise.
enum MeasurementNote {
  /// A time that was measured, and how well it is known.
  struct Row {
    let what: String
    /// The 95 % interval of the median, over the median; 0 where unknown.
    let uncertainty: Double

    init(_ what: String, uncertainty: Double?) { (self.what, self.uncertainty) = (what, uncertainty ?? 0) }

    init(_ what: String, median: Double, low: Double?, high: Double?) {
      guard let low, let high, median > 0 else {
        self.init(what, uncertainty: nil)
        return
      }
      self.init(what, uncertainty: (high - low) / median)
    }
  }

  /// - Parameters:
  ///   - load: the share of this machine's cores that others used; nil where unknown.
  ///   - rows: what was measured.
  /// - Returns: nil where nothing is wrong with the times.
  static func text(load: Double?, rows: [Row] = []) -> String? {
    var parts: [String] = []
    if let load, load > 0.1 {
      parts.append(
        "other programs used \(fixed(100 * load, 0)) % of this machine's cores meanwhile: times are too long")
    }
    let noisy = rows.filter { $0.uncertainty > 0.1 }
    if let worst = noisy.max(by: { $0.uncertainty < $1.uncertainty }) {
      let others = noisy.count > 1 ? ", and those of \(noisy.count - 1) more over 10 %" : ""
      parts.append(
        "the 95 % interval of the median is \(fixed(100 * worst.uncertainty, 0)) % wide for \(worst.what)\(others): "
          + "smaller differences say nothing")
    }
    return parts.isEmpty ? nil : "note: " + parts.joined(separator: "; ")
  }

  /// The note, where there is one, after an empty line.
  static func printed(load: Double?, rows: [Row] = []) {
    if let text = text(load: load, rows: rows) { print("\n" + text) }
  }
}
