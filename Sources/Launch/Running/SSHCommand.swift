import Values

/// Words that run a command on a host, by ssh where it is another one.
struct SSHCommand: Sendable {
  /// ssh's settings, instead of the user's own file.
  let config: String?
  /// What this host calls itself.
  private let own = ownHostName()

  init(config: String?) { self.config = config }

  /// ssh's words. Nobody answers a question in the middle of a job, and a host that is gone must not be waited for: ssh asks
  /// a silent one every 2 s, and gives up after three. It does not notice a login or a program that hangs there: each call has a
  /// limit besides.
  var start: [String] {
    ["ssh"] + (config.map { ["-F", $0] } ?? [])
      + ["-o", "BatchMode=yes", "-o", "ConnectTimeout=4", "-o", "ServerAliveInterval=2", "-o", "ServerAliveCountMax=3"]
  }

  /// One line for the other host's shell, of quoted words; on this host the words themselves.
  func words(_ words: [String], on host: String) -> [String] {
    isThisHost(host) ? words : start + ["--", host, words.map(shellWord).joined(separator: " ")]
  }

  func isThisHost(_ host: String) -> Bool { host == own || host == "localhost" }
}
