import Glibc

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

  /// A socket in the first of these folders that will do: XDG_RUNTIME_DIR, TMPDIR, /tmp. A folder with a long name may
  /// not.
  ///
  /// - Parameter lookup: the value of a variable of the environment; nil where it is not set.
  public static func thisHost(lookup: (String) -> String?) -> ListeningPlace {
    let folders = [lookup("XDG_RUNTIME_DIR"), lookup("TMPDIR")].compactMap { $0 }
    let usable = folders.first { folder in
      SignAddress.isUsable(path: ListeningSockets.path(in: folder)) && access(folder, W_OK | X_OK) == 0
    }
    return .thisHost(parent: usable ?? "/tmp")
  }
}
