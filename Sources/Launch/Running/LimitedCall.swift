import Files
import Glibc
import Synchronization

/// A call of a program that may hang, on a login, a name service or another host.
///
/// A thread of its own spawns it and looks at the clock, so that the limit holds for the program alone, however busy Swift's
/// few threads are. It has nothing to read, and a process group of its own: a Ctrl-C does not end it, and what it has started is
/// killed with it.
struct LimitedCall: Sendable {
  /// The program, looked for in PATH where it has no slash, and its arguments.
  var words: [String]
  /// When it is killed.
  var seconds: Double
  /// Bytes that are kept of its output, and of its errors. What comes after is read and thrown away.
  var most = 1 << 16
  /// Seconds that it has to end by itself, asked by SIGTERM, before it is killed.
  var grace = 0.0

  struct Answer: Equatable, Sendable {
    /// As exit codes of shells: 128 + n for signal n.
    var code: Int32
    var output: String
    var errors: String
  }

  /// - Returns: nil where it cannot be started, or has not ended in time. When the task is cancelled it is killed as well.
  func answer() async -> Answer? {
    let isCancelled = CallFlag()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let thread = SignalFreeThread { continuation.resume(returning: wait { isCancelled.isSet }) }
        guard let thread else { return continuation.resume(returning: nil) }
        thread.detach()
      }
    } onCancel: {
      isCancelled.set()
    }
  }

  /// The same, in the thread that asks.
  ///
  /// - Parameter isUnwanted: whether it is to be killed now.
  func wait(unless isUnwanted: () -> Bool = { false }) -> Answer? {
    guard let output = CallPipe(most: most), let errors = CallPipe(most: most), let process = spawn(output, errors)
    else {
      return nil
    }
    (output.writing, errors.writing) = (nil, nil)
    let deadline = Deadline(in: seconds)
    while true {
      // Its end is what counts: what it leaves behind may keep the pipes open.
      if let code = codeOfEnded(process) {
        output.read()
        errors.read()
        return Answer(code: code, output: output.text, errors: errors.text)
      }
      if deadline.isOver || isUnwanted() { break }
      var requests = [output.request, errors.request]
      poll(&requests, 2, min(Self.look, deadline.milliseconds))
      output.read()
      errors.read()
    }
    if grace > 0 {
      kill(-process, SIGTERM)
      let patience = Deadline(in: grace)
      while !patience.isOver {
        if codeOfEnded(process) != nil { return nil }
        output.read()
        errors.read()
        poll(nil, 0, Self.look)
      }
    }
    kill(-process, SIGKILL)
    // What the kernel itself cannot end, on a file server that is gone, is left.
    let patience = Deadline(in: 1)
    while codeOfEnded(process) == nil, !patience.isOver { poll(nil, 0, 1) }
    return nil
  }

  /// Milliseconds between looks at a program that says nothing.
  private static let look: CInt = 10

  private func spawn(_ output: CallPipe, _ errors: CallPipe) -> pid_t? {
    guard let outputEnd = output.writing, let errorEnd = errors.writing else { return nil }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, outputEnd.number, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errorEnd.number, STDERR_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // This thread blocks all signals, and this process ignores some.
    var (all, none) = (sigset_t(), sigset_t())
    sigfillset(&all)
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
    let pointers = words.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
    defer { pointers.forEach { free($0) } }
    var process: pid_t = 0
    guard let program = words.first, posix_spawnp(&process, program, &actions, &attributes, pointers, environ) == 0
    else {
      return nil
    }
    return process
  }

  /// Nil while it runs. Once.
  private func codeOfEnded(_ process: pid_t) -> Int32? {
    var status: CInt = 0
    guard waitpid(process, &status, WNOHANG) == process else { return nil }
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }
}

/// What a program writes.
private final class CallPipe {
  /// Nil once the program has it.
  var writing: Descriptor?
  private var reading: Descriptor?
  private let most: Int
  private var kept: [UInt8] = []

  /// - Returns: nil where no descriptor is left.
  init?(most: Int) {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    (reading, writing, self.most) = (Descriptor(ends[0]), Descriptor(ends[1]), most)
  }

  /// For poll(2); nothing at the end.
  var request: pollfd { pollfd(fd: reading?.number ?? -1, events: Int16(POLLIN), revents: 0) }

  /// What is there now, up to what a pipe holds: the program may write on and on.
  func read() {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    guard let reading else { return }
    let count = Glibc.read(reading.number, &bytes, bytes.count)
    if count == 0 { self.reading = nil }
    guard count > 0 else { return }
    kept += bytes[..<min(count, most - kept.count)]
  }

  var text: String { String(decoding: kept, as: UTF8.self) }
}

private final class CallFlag: Sendable {
  private let state = Atomic<Bool>(false)
  var isSet: Bool { state.load(ordering: .relaxed) }
  func set() { state.store(true, ordering: .relaxed) }
}
