import DataParallel
import Files
import Foundation
import Launch
import Schemas
import Values

/// Runs the parts of a lesson one after another, and gathers what they measured.
struct LessonRun {
  let plan: LessonPlan
  /// For the parts' results; made by whoever calls.
  let folder: String
  let display: ProgressDisplay

  /// A part that fails is noted, and the others go on.
  ///
  /// - Throws: `Stopped`.
  func run(into file: inout LessonFile) throws {
    for (index, part) in plan.parts.enumerated() {
      show(part, index)
      let start = display.seconds
      var record = LessonPart {
        ($0.part, $0.command, $0.budgetSeconds) = (part.part, part.command, part.budget)
      }
      do {
        try file.add(try run(part), of: part.part)
      } catch let stopped as Stopped {
        throw stopped
      } catch {
        record.problem = "\(error)"
        display.finish()
        writeToStandardError(.warning, "warning", "\(part.title): \(error)")
      }
      record.seconds = display.seconds - start
      file.parts.append(record)
    }
    display.finish()
  }

  private func show(_ part: LessonPlan.Part, _ index: Int) {
    let after = plan.parts[(index + 1)...].reduce(0) { $0 + $1.budget }
    let (display, start, count) = (display, display.seconds, plan.parts.count)
    display.show(atOnce: true) {
      let spent = display.seconds - start
      return [
        ("\(index + 1) of \(count): \(part.title)", 2), (clock(seconds: spent), 1),
        ("about \(clock(seconds: max(0, part.budget - spent) + after)) left", 0),
      ]
    }
  }

  /// - Returns: what it wrote as JSON.
  /// - Throws: `CommandFailure` with its own last words; `Stopped`.
  private func run(_ part: LessonPlan.Part) throws -> Data {
    let json = "\(folder)/\(part.part).json"
    let own = part.words + ["--progress", "never", "--json", json]
    let words =
      part.ranks > 1
      ? try [launcher(), "run", "--ranks", "\(part.ranks)", "--quiet", "--program", ProjectFiles.program, "--"] + own
      : [ProjectFiles.program] + own
    let limit = 60 + Self.patience * part.budget
    let end = WaitedJob(words: words, seconds: limit).run { StopSignal.isRequested }
    try StopSignal.check()
    guard let end else {
      throw CommandFailure("it did not start, or did not end within \(significant(limit)) s")
    }
    guard end.code == 0 else {
      throw CommandFailure(end.lastWords.isEmpty ? "it ended with \(end.code)" : printable(end.lastWords, most: 300))
    }
    return Data(try readRegularFile(path: json, limitInBytes: 1 << 28) { CommandFailure("\(json): \($0)") })
  }

  /// How many times its budget a part may take.
  private static let patience = 10.0

  private func launcher() throws -> String {
    guard let launcher = ProjectFiles.launcher else {
      throw CommandFailure(
        "there is no ddp-launch beside ddp-train, which starts jobs: build it (swift build -c release --product ddp-launch)"
      )
    }
    return launcher
  }
}
