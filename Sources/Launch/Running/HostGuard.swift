import Glibc

/// Stays on a host as long as the job there is watched, and then ends what is left of it.
///
/// Whoever watches writes a byte a second to standard input. When none comes for 8 seconds, or no more will, the job is over: TCP
/// alone could keep a host that lost only its network computing for a quarter of an hour.
public struct HostGuard {
  private let name: String
  private let folders: [String]

  /// - Parameters:
  ///   - name: the job's.
  ///   - folders: its files on this host.
  public init(name: String, folders: [String]) { (self.name, self.folders) = (name, folders) }

  private static let silence = 8.0
  /// For a job that ends by itself.
  private static let grace: UInt32 = 4
  private static let pause: UInt32 = 2

  public func run() {
    waitForSilence()
    sleep(Self.grace)
    let job = JobProcesses(name: name)
    for signal in [SIGTERM, SIGKILL] {
      let daemons = job.numbers().filter(job.isDaemon)
      if daemons.isEmpty { break }
      for daemon in daemons { kill(daemon, signal) }
      sleep(Self.pause)
    }
    sweep()
  }

  /// Removes at once what is left of a job on this host.
  public func sweep() {
    JobProcesses(name: name).kill()
    for folder in folders { (try? PrivateFolder(opening: folder))?.remove() }
  }

  private func waitForSilence() {
    var bytes = [UInt8](repeating: 0, count: 256)
    while true {
      var request = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      let ready = poll(&request, 1, CInt(Self.silence * 1000))
      if ready < 0, errno == EINTR { continue }
      guard ready > 0, read(STDIN_FILENO, &bytes, bytes.count) > 0 else { return }
    }
  }
}
