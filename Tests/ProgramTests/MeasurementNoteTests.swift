import Testing

@testable import ddp_train

@Suite("the note under times that are noise")
struct MeasurementNoteTests {
  @Test("none where nothing is wrong, or nothing is known")
  func none() {
    #expect(MeasurementNote.text(load: nil) == nil)
    #expect(MeasurementNote.text(load: 0.1, rows: [.init("C = 16", median: 10, low: 9.6, high: 10.5)]) == nil)
    #expect(
      MeasurementNote.text(load: 0, rows: [.init("none", median: 0, low: 0, high: 0), .init("old", uncertainty: nil)])
        == nil)
  }

  @Test("other programs, and times far apart, are named with their size")
  func both() {
    let rows: [MeasurementNote.Row] = [
      .init("C = 16", median: 10, low: 9, high: 11), .init("C = 64", uncertainty: 0.8),
      .init("C = 128", uncertainty: 0.1),
    ]
    #expect(
      MeasurementNote.text(load: 0.45, rows: rows)
        == "note: other programs used 45 % of this machine's cores meanwhile: times are too long; the 95 % interval of "
        + "the median is 80 % wide for C = 64, and those of 1 more over 10 %: smaller differences say nothing")
    #expect(
      MeasurementNote.text(load: nil, rows: [rows[0]])?.hasSuffix(
        "20 % wide for C = 16: smaller differences say nothing")
        == true)
  }

  @Test("what others used is all that was used but by this job")
  func load() throws {
    let start = try #require(OtherLoad.Times(line: "cpu  100 0 50 1000 10 0 0 0 7 0"))
    let end = try #require(OtherLoad.Times(line: "cpu  250 20 80 1200 10 0 0 0 9 0"))
    #expect(abs(end.busy - start.busy - 2) < 1e-9 && abs(end.all - start.all - 4) < 1e-9)
    let share = try #require(OtherLoad.share(from: start, to: end, own: 1.5))
    #expect(abs(share - 0.125) < 1e-9)
    // Clocks of processes are finer than ticks: no share is below none.
    #expect(OtherLoad.share(from: start, to: end, own: 2.01) == 0)
    #expect(OtherLoad.share(from: start, to: start, own: 0) == nil, "too short for ticks")
    #expect(OtherLoad.Times(line: "intr 1 2 3") == nil)
  }
}
