import Glibc
import Testing

/// Another process, which goes with its owner.
final class TestProcess {
  let number: pid_t
  /// As exit codes of shells: 128 + n for signal n. Nil while it runs.
  private var ended: Int32?

  /// - Parameters:
  ///   - path: of its program.
  ///   - words: as it sees them, the first one too; nil for the path alone.
  ///   - output: what its standard output is; nil for none.
  init(_ path: String, words: [String]? = nil, environment: [String] = [], output: CInt? = nil) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    if let output {
      posix_spawn_file_actions_adddup2(&actions, output, 1)
    } else {
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    }
    var arguments = (words ?? [path]).map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
    var variables = (["PATH=/usr/bin:/bin"] + environment).map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var number: pid_t = 0
    try #require(posix_spawn(&number, path, &actions, nil, &arguments, &variables) == 0)
    self.number = number
  }

  deinit { kill() }

  func kill() {
    guard isRunning else { return }
    Glibc.kill(number, SIGKILL)
    _ = look(0)
  }

  /// A process of sh's that has stopped itself, under whatever name and with whatever further words.
  ///
  /// - Parameter command: what it does before.
  static func stopped(
    as name: String = "sh", _ words: [String] = [], environment: [String] = [], after command: String = ":",
    output: CInt? = nil
  ) throws -> TestProcess {
    let script = [name, "-c", "\(command); kill -STOP $$", name]
    let process = try TestProcess("/bin/sh", words: script + words, environment: environment, output: output)
    // What the kernel says of a process that has only just begun may be what it was before.
    var status: CInt = 0
    try #require(waitpid(process.number, &status, WUNTRACED) == process.number && status & 0xFF == 0x7F)
    return process
  }

  var isRunning: Bool { look(WNOHANG) == nil }

  /// Waits for its end, if it comes.
  func end() -> Int32? { eventually { !isRunning } ? ended : nil }

  private func look(_ options: CInt) -> Int32? {
    if ended != nil { return ended }
    var status: CInt = 0
    guard waitpid(number, &status, options) == number else { return nil }
    ended = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    return ended
  }
}
