import Glibc

/// The processes of this machine that belong to a job: its name is in their environment, or, for a daemon of Open MPI that has
/// no ranks yet, among its arguments.
struct JobProcesses {
  let name: String

  /// The variable that carries a job's name.
  static let variable = "DDP_TRAIN_JOB"

  /// Their numbers, without this process's own. A process that ends meanwhile is left out.
  func numbers() -> [pid_t] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var found: [pid_t] = []
    while let entry = readdir(folder) {
      let text = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard let number = pid_t(text), number != getpid(), belongs(number) else { continue }
      found.append(number)
    }
    return found
  }

  /// Ends them all, whatever they do. What the system does not end within the time is left.
  ///
  /// - Parameter seconds: how long to try.
  func kill(within seconds: Double = 10) {
    let deadline = Deadline(in: seconds)
    // A process that is just becoming another program shows no environment: none is left when none is seen twice.
    var looksWithout = 0
    while looksWithout < 2, !deadline.isOver {
      let left = numbers()
      looksWithout = left.isEmpty ? looksWithout + 1 : 0
      for number in left { Glibc.kill(number, SIGKILL) }
      if looksWithout < 2 { usleep(left.isEmpty ? 5_000 : 20_000) }
    }
  }

  /// Whether a process is one of Open MPI's daemons, which ends its ranks in order when it is told to end.
  func isDaemon(_ process: pid_t) -> Bool {
    let words = (SystemFiles().text("/proc/\(process)/cmdline") ?? "").split(separator: "\0")
    return words.first.map { $0.hasSuffix("orted") || $0.hasSuffix("prted") } ?? false
  }

  private func belongs(_ process: pid_t) -> Bool {
    let files = SystemFiles()
    func strings(_ file: String) -> [Substring] {
      (files.text("/proc/\(process)/\(file)") ?? "").split(separator: "\0")
    }
    if strings("environ").contains(where: { $0 == "\(Self.variable)=\(name)" }) { return true }
    let words = strings("cmdline")
    return zip(words, words.dropFirst()).contains { $0 == JobLine.nameSetting && $1 == name }
  }
}
