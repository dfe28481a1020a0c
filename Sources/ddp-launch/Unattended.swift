import Glibc
import Launch
import Values

/// A supervisor that nobody looks at: how it goes to the background, and how it is found there.
struct Unattended {
  let subject: String
  /// The record's; nil where there is no place for one.
  private let path: String?

  /// - Parameter subject: the folder of checkpoints, or the file of results; nil where the command line names neither.
  init(subject: String?) throws(Refusal) {
    guard let subject else {
      throw Refusal("--detach needs --checkpoint-dir FOLDER after the --: a supervisor is found by it")
    }
    (self.subject, path) = (subject, SupervisorRecord.path(of: subject, environment: Programs.environment))
  }

  private func recordPath() throws(Refusal) -> String {
    guard let path else {
      throw Refusal("there is no place for a record of supervisors: set HOME or XDG_STATE_HOME", code: exitUnavailable)
    }
    return path
  }

  /// This process becomes the job's supervisor.
  ///
  /// - Returns: nil where no record can be kept: then it supervises without.
  /// - Throws: where there is one already.
  func record() throws(Refusal) -> SupervisorRecord? {
    guard let path else { return nil }
    do {
      return try SupervisorRecord(taking: path, content)
    } catch {
      guard case .taken(let other) = error.kind else { return nil }
      let who = other.map { "process \($0.process) on \($0.host)" } ?? "another process"
      throw Refusal(
        "\(who) supervises \(printable(subject)) already; ddp-launch supervise --status \(shellWord(subject)), or --stop",
        code: exitUnavailable)
    }
  }

  private var content: SupervisorRecord.Content {
    // Set for the process in the background by the one that started it.
    SupervisorRecord.Content(
      process: getpid(), host: ownHostName(),
      log: Programs.environment[Self.logVariable].flatMap { $0.isEmpty ? nil : $0 })
  }

  private static let logVariable = "DDP_LAUNCH_LOG"

  /// Prints who supervises the job, and ends: with 1 where nobody does.
  func sayStatus() throws -> Never {
    guard let found = SupervisorRecord.find(try recordPath()) else {
      print("nobody supervises \(printable(subject))")
      exit(1)
    }
    var parts = ["process \(found.process) on \(found.host)", plural(found.starts, "start")]
    if let step = found.step { parts.append("step \(grouped(step))") }
    if let log = found.log { parts.append("log \(log)") }
    print(parts.joined(separator: ", "))
    exit(0)
  }

  /// Asks for an end in order, waits for it, and ends.
  func stop() throws -> Never {
    let path = try recordPath()
    guard let found = SupervisorRecord.find(path) else {
      throw Refusal("nobody supervises \(printable(subject))", code: 1)
    }
    guard found.host == ownHostName() else {
      throw Refusal("process \(found.process) supervises it on \(found.host): call this there", code: exitUnavailable)
    }
    guard kill(found.process, SIGTERM) == 0 else {
      throw Refusal(
        "process \(found.process) cannot be asked: \(String(cString: strerror(errno)))", code: exitUnavailable)
    }
    for _ in 0..<Self.patience * 10 {
      if SupervisorRecord.find(path) == nil {
        print("stopped: process \(found.process)")
        exit(0)
      }
      usleep(100_000)
    }
    throw Refusal("process \(found.process) was asked \(Self.patience) s ago and has not ended; see its log", code: 1)
  }

  /// Seconds that a checkpoint may take.
  private static let patience = 120

  /// Starts this program again in a session of its own, waits until it supervises, and ends.
  func detach(log: String) throws -> Never {
    let path = try recordPath()
    guard let absolute = absolutePath(log) else { throw Refusal("--log \(printable(log)): there is no such folder") }
    let file = open(absolute, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard file >= 0 else {
      throw Refusal("--log \(printable(log)) cannot be written: \(String(cString: strerror(errno)))")
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, file, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, file, STDERR_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Self.newSession)
    var environment = Programs.environment
    environment[Self.logVariable] = absolute
    let words = [Programs.own] + withoutDetach(Array(CommandLine.arguments.dropFirst()))
    let pointers = words.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
    let variables = environment.map { strdup("\($0)=\($1)") as UnsafeMutablePointer<CChar>? } + [nil]
    var child: pid_t = 0
    let code = posix_spawn(&child, Programs.own, &actions, &attributes, pointers, variables)
    guard code == 0 else {
      throw Refusal("no process can be started: \(String(cString: strerror(code)))", code: exitUnavailable)
    }
    waitUntilItSupervises(child, record: path, log: absolute)
  }

  /// Until ranks have been heard of: a wrong option ends it before.
  private func waitUntilItSupervises(_ child: pid_t, record path: String, log: String) -> Never {
    var supervises = false
    for _ in 0..<Self.start * 20 {
      let found = SupervisorRecord.find(path)
      supervises = found?.process == child
      if supervises, found?.step != nil { break }
      var status: CInt = 0
      if waitpid(child, &status, WNOHANG) == child {
        let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
        say("it has ended with code \(code); its last words are in \(shellWord(log))")
        exit(code)
      }
      usleep(50_000)
    }
    guard supervises else {
      say("process \(child) has been started, and does not say that it supervises; see \(shellWord(log))")
      exit(1)
    }
    print("process \(child) supervises \(printable(subject)); log \(shellWord(log))")
    print("to see it   ddp-launch supervise --status \(shellWord(subject))")
    print("to end it   ddp-launch supervise --stop \(shellWord(subject))")
    exit(0)
  }

  /// Seconds that ranks may take until they are heard of.
  private static let start = 15

  /// POSIX_SPAWN_SETSID, which Swift's view of the C library lacks.
  private static let newSession: Int16 = 0x80

  private func withoutDetach(_ words: [String]) -> [String] {
    var kept: [String] = []
    var isValue = false
    for (index, word) in words.enumerated() {
      if word == "--" { return kept + words[index...] }
      if isValue {
        isValue = false
      } else if word == "--log" {
        isValue = true
      } else if word != "--detach", !word.hasPrefix("--log=") {
        kept.append(word)
      }
    }
    return kept
  }

  private func absolutePath(_ path: String) -> String? {
    if path.hasPrefix("/") { return path }
    guard let folder = getcwd(nil, 0) else { return nil }
    defer { free(folder) }
    return String(cString: folder) + "/" + path
  }
}
