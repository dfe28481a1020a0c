/// Where a supervisor listens for signs of life.
public enum ListeningPlace: Sendable {
  /// A socket in a private folder with a random name, for jobs whose ranks all see this file system.
  ///
  /// - parent: the folder to make it in.
  case thisHost(parent: String)
  /// TCP on addresses of this host.
  ///
  /// - ports: the first that is free, on each of them; nil leaves the choice to the kernel.
  case network([IPAddress], ports: ClosedRange<UInt16>? = nil)
}
