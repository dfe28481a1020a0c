import Testing

@testable import ddp_train

@Suite("the note under times that are noise")
struct MeasurementNoteTests {
  @Test("none where nothing is wrong, or nothing is known")
  func none() {
    #expect(MeasurementNote.text(load: nil) == nil)
    #expect(MeasurementNote.text(load: 0.1, rows: [("C = 16", 9, 10, 12)]) == nil)
    #expect(MeasurementNote.text(load: 0, rows: [("nothing measured", 0, 0, 0)]) == nil)
  }

  @Test("other programs, and times far apart, are named with their size")
  func both() {
    let rows: [MeasurementNote.Row] = [("C = 16", 9, 10, 14), ("C = 64", 8, 10, 16), ("C = 128", 9, 10, 11)]
    #expect(
      MeasurementNote.text(load: 0.45, rows: rows)
        == "note: other programs used 45 % of this machine's cores meanwhile: times are too long; times of C = 64 spread "
        + "by 80 % (10–90 % over the median), and 1 of the others more than 30 %: differences below that say nothing")
    #expect(MeasurementNote.text(load: nil, rows: [rows[0]])?.hasPrefix("note: times of C = 16 spread by 50 %") == true)
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
