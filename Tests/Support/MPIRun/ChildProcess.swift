import Foundation

/// Runs a program in a process group of its own and waits for it, at most `timeout`.
///
/// Its input is empty. Its output goes to nameless files and not to pipes: nothing can fill up and block, and
/// what was written before a timeout is kept.
///
/// - Parameters:
///   - folder: where it starts; nil is this process's own.
///   - standardOutput: a file for it to write to; the result then lacks what it wrote.
///   - meanwhile: runs beside it, from its start on. It may wait, and counts towards `timeout` afterwards. Where it
///     throws, the child is killed.
/// - Throws: ``MPIRunError/timedOut(command:partial:)`` after the whole group was killed.
func runChild(
  _ program: String, _ arguments: [String], environment: [String: String], folder: String? = nil,
  standardOutput: String? = nil, timeout: Duration, meanwhile: (RunningJob) throws -> Void = { _ in }
) throws -> RunResult {
  let output = try standardOutput.map { try existingFile($0) } ?? namelessFile()
  defer { close(output) }
  let errors = try namelessFile()
  defer { close(errors) }

  let clock = ContinuousClock()
  let start = clock.now
  let child = try spawn(
    program, arguments, environment: environment, folder: folder, output: output, errors: errors)
  do {
    try meanwhile(RunningJob(processID: child))
  } catch {
    _ = try wait(for: child, until: clock.now)
    throw error
  }
  let ended = try wait(for: child, until: start.advanced(by: timeout))
  let result = RunResult(
    exitCode: ended ?? -1, stdout: standardOutput == nil ? try contents(of: output) : "",
    stderr: try contents(of: errors), elapsed: start.duration(to: clock.now))
  if ended == nil {
    throw MPIRunError.timedOut(
      command: ([program] + arguments).joined(separator: " "), partial: result)
  }
  return result
}

private func spawn(
  _ program: String, _ arguments: [String], environment: [String: String], folder: String?, output: Int32,
  errors: Int32
) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)

  // A group of its own, so that a timeout can end it and what it started, and nothing else. No signal blocked:
  // the threads that tests run on block most of them, a child inherits that, and mpirun would then ignore
  // every SIGTERM.
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var noSignals = sigset_t()
  sigemptyset(&noSignals)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
  posix_spawnattr_setpgroup(&attributes, 0)
  posix_spawnattr_setsigmask(&attributes, &noSignals)

  // Glibc's own call for the folder is hidden from Swift. env becomes the program, in the same process.
  let words = (folder.map { ["/usr/bin/env", "-C", $0] } ?? []) + [program] + arguments
  let argumentStrings = words.map { strdup($0) } + [nil]
  let environmentStrings = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer {
    for string in argumentStrings + environmentStrings { free(string) }
  }
  var child: pid_t = 0
  let code = posix_spawn(&child, words[0], &actions, &attributes, argumentStrings, environmentStrings)
  guard code == 0 else { throw MPIRunError.system("posix_spawn \(program)", code) }
  return child
}

/// - Returns: the exit code, or `nil` if the child's group had to be killed.
private func wait(for child: pid_t, until deadline: ContinuousClock.Instant) throws -> Int32? {
  if let code = try poll(child, until: deadline) { return code }
  // mpirun passes SIGTERM on and takes up to three seconds to end its ranks; SIGKILL then leaves none waiting.
  kill(-child, SIGTERM)
  _ = try poll(child, until: ContinuousClock.now.advanced(by: .seconds(5)))
  kill(-child, SIGKILL)
  _ = try poll(child, until: ContinuousClock.now.advanced(by: .seconds(5)))
  return nil
}

/// - Returns: the exit code, or `nil` if the child still runs, or was waited for before.
private func poll(_ child: pid_t, until deadline: ContinuousClock.Instant) throws -> Int32? {
  var status: Int32 = 0
  repeat {
    let ended = waitpid(child, &status, WNOHANG)
    if ended == child {
      let signal = status & 0x7f
      return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
    if ended < 0 && errno == ECHILD { return nil }
    if ended < 0 && errno != EINTR { throw MPIRunError.system("waitpid", errno) }
    usleep(2_000)
  } while ContinuousClock.now < deadline
  return nil
}

/// A file that has no name any more and goes when it is closed.
private func namelessFile() throws -> Int32 {
  var template = Array(
    FileManager.default.temporaryDirectory.appendingPathComponent("mpirun-output-XXXXXX").path.utf8CString)
  let file = mkstemp(&template)
  guard file >= 0 else { throw MPIRunError.system("mkstemp", errno) }
  unlink(template)
  _ = fcntl(file, F_SETFD, FD_CLOEXEC)
  return file
}

private func existingFile(_ path: String) throws -> Int32 {
  let file = open(path, O_WRONLY | O_CLOEXEC)
  guard file >= 0 else { throw MPIRunError.system("open \(path)", errno) }
  return file
}

private func contents(of file: Int32) throws -> String {
  // Opened anew, for an offset of its own: a rank of a killed job may still be writing.
  let path = "/proc/self/fd/\(file)"
  guard let data = FileManager.default.contents(atPath: path) else { throw MPIRunError.system("read \(path)", errno) }
  return String(decoding: data, as: UTF8.self)
}
