import DataParallel
import Files
import Foundation
import MPI
import Schemas
import Values

/// `train --trace`: what every rank did in some steps, as trace events for Perfetto or chrome://tracing.
///
/// Source: Google, "Trace Event Format", 2016.
final class TraceFile {
  /// What the trainer is to fill.
  let trace: Trace
  /// Rank 0's.
  private let destination: Destination?
  private let world: Communicator
  private let sharesClock: Bool
  private let before: ClockReading

  /// Collective.
  ///
  /// - Parameter destination: rank 0's, nil elsewhere.
  init(_ destination: Destination?, steps: Range<Int>, settings: Settings, world: Communicator) throws {
    self.destination = destination
    self.world = world
    trace = Trace(steps: steps, settings: settings, ranks: world.size)
    sharesClock = try sharesClockWithFirst(over: world)
    before = try readClocks(over: world)
  }

  /// Gathers what the ranks recorded and writes it. Collective.
  ///
  /// - Throws: `JobFailure` on all ranks where it cannot be written.
  func write() throws {
    let after = try readClocks(over: world)
    let clocks = try world.allGather([
      sharesClock ? 1 : 0, Double(before.at), before.offset, before.error, Double(after.at), after.offset, after.error,
    ])
    let hosts = try world.allGather(Environment.processorName)
    let events = try trace.gathered(over: world)
    try onEveryRank(of: world, stops: false) {
      guard let destination else { return }
      let tracks = hosts.indices.map { rank in
        TraceTrack(rank: rank, host: hosts[rank], clock: Array(clocks[7 * rank..<7 * rank + 7]), events: events[rank])
      }
      try destination.write(try traceJSON(tracks))
    }
  }
}

/// One rank's part of a trace.
private struct TraceTrack {
  let rank: Int
  let host: String
  /// The larger of both readings, in nanoseconds; `offset` is the first's.
  let offset, error: Double
  let sharesClock: Bool
  /// In time, by rank 0's clock.
  let events: [(step: Int, phase: Phase, start: Int64, end: Int64)]

  init(rank: Int, host: String, clock: [Double], events: [Trace.Event]) {
    (self.rank, self.host) = (rank, host)
    let before = ClockReading(at: UInt64(clock[1]), offset: clock[2], error: clock[3])
    let after = ClockReading(at: UInt64(clock[4]), offset: clock[5], error: clock[6])
    let shares = clock[0] == 1
    sharesClock = shares
    (offset, error) = (before.offset, max(before.error, after.error))
    let moved = { (time: UInt64) -> Int64 in
      Int64(time) + (shares ? 0 : Int64(clockOffset(at: time, before, after).rounded()))
    }
    self.events = events.map { ($0.step, $0.phase, moved($0.start), moved($0.end)) }
  }
}

/// Events go to the text one by one. The format's own camel case is in its frame.
private func traceJSON(_ tracks: [TraceTrack]) throws -> String {
  let first = tracks.compactMap { $0.events.first?.start }.min() ?? 0
  let origin = TraceOrigin {
    $0.program = "ddp-train \(packageVersion)"
    $0.clocks = tracks.map { track in
      TraceClock {
        ($0.rank, $0.shared, $0.offsetNs, $0.errorNs) = (track.rank, track.sharesClock, track.offset, track.error)
      }
    }
  }
  var text = "{\"displayTimeUnit\": \"ns\",\n\"otherData\": \(try JSONTree(origin).line),\n\"traceEvents\": ["
  var separator = "\n"
  for track in tracks {
    try track.forEachEvent(from: first) { event in
      text += try separator + JSONTree(event).line
      separator = ",\n"
    }
  }
  return text + "\n]}\n"
}

extension TraceTrack {
  /// The track's names, then a slice for each step, and below it one for each phase.
  fileprivate func forEachEvent(from first: Int64, _ body: (TraceEvent) throws -> Void) rethrows {
    for (name, args) in [
      ("process_name", TraceEvent.Arguments { $0.name = "rank \(rank) on \(host)" }),
      ("process_sort_index", TraceEvent.Arguments { $0.sortIndex = rank }),
    ] { try body(TraceEvent { ($0.ph, $0.pid, $0.name, $0.args) = ("M", rank, name, args) }) }
    var index = 0
    while index < events.count {
      let step = events[index].step
      let end = events[index...].firstIndex { $0.step != step } ?? events.count
      func slice(_ name: String, _ category: String, _ start: Int64, _ end: Int64) -> TraceEvent {
        TraceEvent {
          ($0.pid, $0.tid, $0.name, $0.cat) = (rank, 0, name, category)
          // Nanoseconds as microseconds, with all digits.
          ($0.ts, $0.dur) = (Double(start - first) / 1000, Double(end - start) / 1000)
          $0.args.step = step + 1
        }
      }
      try body(slice("step \(step + 1)", "step", events[index].start, events[end - 1].end))
      for event in events[index..<end] { try body(slice("\(event.phase)", "phase", event.start, event.end)) }
      index = end
    }
  }
}
