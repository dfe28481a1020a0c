import Values
import DataParallel
import Foundation
import MPI
import Files

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
    trace = Trace(steps: steps, settings: settings)
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
      try destination.write(traceJSON(tracks))
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

private func traceJSON(_ tracks: [TraceTrack]) -> String {
  let first = tracks.compactMap { $0.events.first?.start }.min() ?? 0
  let lines = tracks.flatMap { names($0) + slices($0, from: first) }
  let clocks = tracks.map { track in
    "{\"rank\": \(track.rank), \"shared\": \(track.sharesClock), \"offset_ns\": \(track.offset), "
      + "\"error_ns\": \(track.error)}"
  }
  return "{\"displayTimeUnit\": \"ns\",\n\"otherData\": {\"program\": \"ddp-train \(DDPTrain.version)\", "
    + "\"clocks\": [\(clocks.joined(separator: ", "))]},\n\"traceEvents\": [\n"
    + lines.joined(separator: ",\n") + "\n]}\n"
}

private func names(_ track: TraceTrack) -> [String] {
  let host = track.host.filter { $0 != "\"" && $0 != "\\" }
  return [
    "{\"ph\": \"M\", \"pid\": \(track.rank), \"name\": \"process_name\", "
      + "\"args\": {\"name\": \"rank \(track.rank) on \(host)\"}}",
    "{\"ph\": \"M\", \"pid\": \(track.rank), \"name\": \"process_sort_index\", "
      + "\"args\": {\"sort_index\": \(track.rank)}}",
  ]
}

/// One slice a step, and below it one a phase.
private func slices(_ track: TraceTrack, from first: Int64) -> [String] {
  var lines: [String] = []
  var index = 0
  while index < track.events.count {
    let step = track.events[index].step
    let end = track.events[index...].firstIndex { $0.step != step } ?? track.events.count
    let phases = track.events[index..<end]
    let last = phases.last?.end ?? 0
    lines.append(
      slice("step \(step + 1)", "step", track.rank, step, track.events[index].start - first, last - first))
    lines += phases.map { slice("\($0.phase)", "phase", track.rank, step, $0.start - first, $0.end - first) }
    index = end
  }
  return lines
}

private func slice(
  _ name: String, _ category: String, _ rank: Int, _ step: Int, _ start: Int64, _ end: Int64
) -> String {
  "{\"ph\": \"X\", \"pid\": \(rank), \"tid\": 0, \"name\": \"\(name)\", \"cat\": \"\(category)\", "
    + "\"ts\": \(microseconds(start)), \"dur\": \(microseconds(end - start)), \"args\": {\"step\": \(step + 1)}}"
}

/// Nanoseconds as microseconds, with all digits.
private func microseconds(_ nanoseconds: Int64) -> String { String(format: "%.3f", Double(nanoseconds) / 1000) }
