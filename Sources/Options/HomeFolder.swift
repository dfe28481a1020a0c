import Foundation

/// `path` with the home folder in place of a `~`, `$HOME` or `${HOME}` at its start; as it is where it has none of them.
///
/// The home folder is HOME, else the one that the system keeps for this user.
///
/// - Returns: nil where the path needs a home folder and there is none.
func inHomeFolder(_ path: String) -> String? {
  for sign in ["~", "$HOME", "${HOME}"] where path == sign || path.hasPrefix(sign + "/") {
    guard let home = homeFolder() else { return nil }
    return home + path.dropFirst(sign.count)
  }
  return path
}

private func homeFolder() -> String? {
  if let home = ProcessInfo.processInfo.environment["HOME"], !home.isEmpty { return home }
  guard let entry = getpwuid(geteuid()), let folder = entry.pointee.pw_dir else { return nil }
  return String(cString: folder)
}
