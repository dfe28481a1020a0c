import Glibc
import Subprocess
import SystemPackage

/// A program that is run to its end, with all that it says in a file.
///
/// It has nothing to read, and a process group of its own: whoever asks this process to stop has it hand that on, once.
public struct ChildProgram: Sendable {
  /// The program, looked for in PATH where it has no slash, and its arguments.
  public var words: [String]
  /// Made anew: standard output and standard error, in the order in which they come.
  public var log: String

  public init(words: [String], log: String) { (self.words, self.log) = (words, log) }

  /// Milliseconds between looks at `isToStop`.
  private static let look = 100

  /// - Parameter isToStop: whether it is to be asked to end in order, by SIGTERM.
  /// - Returns: its exit code, as shells have it.
  /// - Throws: where the file cannot be written, or the program not be started.
  public func run(isToStop: @escaping @Sendable () -> Bool) async throws -> Int32 {
    let file = try FileDescriptor.open(
      FilePath(log), .writeOnly, options: [.create, .truncate, .append, .closeOnExec],
      permissions: [.ownerReadWrite, .groupRead, .otherRead])
    let errors = try file.duplicate()
    var options = PlatformOptions()
    options.processGroupID = 0
    let program = words.first ?? ""
    let configuration = Configuration(
      executable: program.contains("/") ? .path(FilePath(program)) : .name(program),
      arguments: Arguments(Array(words.dropFirst())), platformOptions: options)
    let result = try await Subprocess.run(
      configuration, input: .none, output: .fileDescriptor(file, closeAfterSpawningProcess: true),
      error: .fileDescriptor(errors, closeAfterSpawningProcess: true)
    ) { execution in
      let process = execution.processIdentifier.value
      let watch = Task {
        while !isToStop() { try await Task.sleep(for: .milliseconds(Self.look)) }
        kill(process, SIGTERM)
      }
      // Its end is waited for after this closure; the watch must outlive it.
      return watch
    }
    result.closureResult.cancel()
    return switch result.terminationStatus {
    case .exited(let code): code
    case .signaled(let number): 128 + number
    }
  }
}
