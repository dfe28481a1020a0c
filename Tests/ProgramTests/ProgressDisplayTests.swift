import Synchronization
import Testing

@testable import ddp_train

@Suite("progress, by a clock that the test sets")
struct ProgressDisplayTests {
  /// A display, its clock, and what it showed at which second.
  private final class Shown: Sendable {
    let now = Atomic<UInt64>(0)
    let lines = Mutex<[(second: Double, text: String)]>([])

    func display(_ style: ProgressDisplay.Style, speaks: Bool = true) -> ProgressDisplay {
      ProgressDisplay(style, speaks: speaks, clock: { self.now.load(ordering: .relaxed) }) { fields in
        self.lines.withLock { $0.append((self.second, LiveLine.text(fields))) }
      }
    }

    var second: Double { Double(now.load(ordering: .relaxed)) * 1e-9 }
    var texts: [String] { lines.withLock { $0.map(\.text) } }
    var seconds: [Double] { lines.withLock { $0.map(\.second) } }

    /// Lets time pass, with the looks of the display's thread.
    func pass(_ ticks: Int, _ display: ProgressDisplay) {
      for _ in 0..<ticks {
        now.add(ProgressDisplay.tickInterval, ordering: .relaxed)
        display.tick()
      }
    }
  }

  private func gaps(_ seconds: [Double]) -> [Double] { zip(seconds.dropFirst(), seconds).map { $0 - $1 } }

  @Test("a run that says nothing of itself for an hour: a line at least every ten seconds")
  func rare() {
    let shown = Shown()
    let display = shown.display(.lines)
    display.show { [("step \(Int(shown.second))", 1)] }
    #expect(shown.texts.isEmpty, "too early")
    shown.pass(7200, display)
    #expect(shown.seconds.first ?? 0 <= 10 && gaps(shown.seconds).allSatisfy { (9...10).contains($0) })
    #expect(shown.seconds.last ?? 0 >= 3590 && shown.texts == shown.seconds.map { "step \(Int($0))" })
    display.finish()
    let count = shown.texts.count
    shown.pass(100, display)
    #expect(shown.texts.count == count, "it is over")
  }

  @Test("lines that must not be missed come besides, and the next ten seconds begin with them")
  func atOnce() {
    let shown = Shown()
    let display = shown.display(.lines)
    for step in 1...6 {
      shown.pass(8, display)
      display.show(atOnce: step % 3 == 0) { [("step \(step)", 1)] }
    }
    // At 4 s, 8 s, …; the third and the sixth at once, others where the time asks for them.
    #expect(shown.texts == ["step 2", "step 3", "step 5", "step 6"] && shown.seconds == [9.5, 12, 21.5, 24])
    display.finish()
  }

  @Test("a live line: ten a second at most, and one a second where nothing is said")
  func live() {
    let shown = Shown()
    let display = shown.display(.live)
    for step in 1...1000 {
      shown.now.add(1_000_000, ordering: .relaxed)
      display.show { [("step \(step)", 1)] }
    }
    #expect(shown.texts.count == 10, "in one second")
    shown.pass(20, display)
    #expect((19...20).contains(shown.texts.count), "in ten more")
    display.finish()
  }

  @Test("a stage is shown where it takes long, with its time")
  func stage() {
    let shown = Shown()
    let display = shown.display(.live)
    display.begin(stage: "reading names")
    #expect(shown.texts.isEmpty)
    shown.pass(4, display)
    #expect(shown.texts == ["0:01  reading names", "0:02  reading names"])
    display.finish()
  }

  @Test("nothing where it is not wanted, and from other ranks")
  func none() {
    for (style, speaks) in [(ProgressDisplay.Style.none, true), (.live, false), (.lines, false)] {
      let shown = Shown()
      let display = shown.display(style, speaks: speaks)
      display.show(atOnce: true) { [("step", 1)] }
      shown.pass(100, display)
      #expect(shown.texts.isEmpty)
    }
  }

  @Test("the least important fields are left out where there is no room, and what is left is cut")
  func room() {
    let fields: [LiveLine.Field] = [("step 1/2", 3), ("loss 2.5", 2), ("0:01 left", 1)]
    #expect(LiveLine.text(fields, within: 29) == "step 1/2  loss 2.5  0:01 left")
    #expect(LiveLine.text(fields, within: 28) == "step 1/2  loss 2.5")
    #expect(LiveLine.text(fields, within: 17) == "step 1/2" && LiveLine.text(fields, within: 4) == "step")
    #expect(LiveLine.text(fields, within: 0) == "" && LiveLine.text(fields, within: -1) == "")
  }

  @Test("colour: of titles in the first columns; not with NO_COLOR, nor on a terminal that has none")
  func colour() {
    let text = "loss       2.5\nheld out   2.6\n\nto go on   x"
    #expect(
      Emphasis.title.marked(text, columns: 11, if: true)
        == "\u{1b}[1mloss\u{1b}[0m       2.5\n\u{1b}[1mheld out\u{1b}[0m   2.6\n\n\u{1b}[1mto go on\u{1b}[0m   x")
    #expect(Emphasis.title.marked(text, columns: 11, if: false) == text)
    #expect(Emphasis.error.marked("error", if: true) == "\u{1b}[1;31merror\u{1b}[0m")
    #expect(Emphasis.isAllowed(by: [:]) && Emphasis.isAllowed(by: ["NO_COLOR": "", "TERM": "xterm"]))
    #expect(!Emphasis.isAllowed(by: ["NO_COLOR": "0"]) && !Emphasis.isAllowed(by: ["TERM": "dumb"]))
  }
}
