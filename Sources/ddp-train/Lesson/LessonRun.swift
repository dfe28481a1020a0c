import DataParallel
import Dispatch
import Files
import Foundation
import Launch
import Schemas
import Synchronization
import Values

/// Runs the parts of a lesson one after another, and gathers what they measured.
struct LessonRun {
  let plan: LessonPlan
  /// For the parts' results and words; made by whoever calls.
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
    let (json, log) = ("\(folder)/\(part.part).json", "\(folder)/\(part.part).txt")
    let own = part.words + ["--progress", "never", "--json", json]
    let words =
      part.ranks > 1
      ? try [launcher(), "run", "--ranks", "\(part.ranks)", "--quiet", "--program", program, "--"] + own
      : [program] + own
    let child = ChildProgram(words: words, log: log)
    let code = try finished { try await child.run { StopSignal.isRequested } }
    try StopSignal.check()
    guard code == 0 else {
      throw CommandFailure("\(lastLine(of: log) ?? "it ended with \(code)"); its words are in \(log)")
    }
    return Data(try readRegularFile(path: json, limitInBytes: 1 << 28) { CommandFailure("\(json): \($0)") })
  }

  private func lastLine(of log: String) -> String? {
    let text = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) }
    return text?.split(whereSeparator: \.isNewline).last.map { printable(String($0), most: 300) }
  }

  private var program: String { linkText("/proc/self/exe") ?? CommandLine.arguments[0] }

  private func launcher() throws -> String {
    let path = "\(Files.folder(of: program))/ddp-launch"
    guard access(path, X_OK) == 0 else {
      throw CommandFailure(
        "there is no \(escaped(path)), which starts jobs: build it (swift build -c release --product ddp-launch)")
    }
    return path
  }
}

/// Waits, in this thread, for what runs in Swift's own.
private func finished(_ body: @escaping @Sendable () async throws -> Int32) throws -> Int32 {
  let outcome = Outcome()
  Task.detached {
    do {
      outcome.set(.success(try await body()))
    } catch {
      outcome.set(.failure(error))
    }
  }
  return try outcome.get()
}

private final class Outcome: Sendable {
  private let result = Mutex<Result<Int32, any Error>?>(nil)
  private let isThere = DispatchSemaphore(value: 0)

  func set(_ value: Result<Int32, any Error>) {
    result.withLock { $0 = value }
    isThere.signal()
  }

  /// Once.
  func get() throws -> Int32 {
    isThere.wait()
    return try result.withLock { try $0?.get() ?? 1 }
  }
}
