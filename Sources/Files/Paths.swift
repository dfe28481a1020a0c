import Foundation

/// Where a path leads once the symbolic links at its end are followed. There may be nothing yet: a dangling link leads
/// to the file that writing through it would make.
///
/// - Throws: `.system` where links lead in a circle.
func followLinks(_ path: String) throws(RegularFileError) -> String {
  var path = path
  for _ in 0..<mostLinks {
    guard let next = followLink(path) else { return path }
    path = next
  }
  throw .system(step: "opened", reason: String(cString: strerror(ELOOP)))
}

/// As many links in a row as the kernel follows.
let mostLinks = 40

/// Where the symbolic link at this path leads; nil for anything else.
func followLink(_ path: String) -> String? {
  guard let text = linkText(path) else { return nil }
  return text.hasPrefix("/") ? text : folder(of: path) + "/" + text
}

/// The folder that a path's last component is in.
package func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// A path's last component.
package func name(of path: String) -> String {
  path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
}

/// What a path leads to, or nil; then `errno` says why.
func status(of path: String) -> stat? {
  var status = stat()
  return stat(path, &status) == 0 ? status : nil
}

extension stat {
  /// S_IFREG, S_IFDIR, …
  var kind: mode_t { st_mode & S_IFMT }
}

/// What a symbolic link says; nil for anything else.
public func linkText(_ path: String) -> String? {
  var text = [CChar](repeating: 0, count: Int(PATH_MAX))
  let count = readlink(path, &text, text.count)
  return count > 0 ? String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
}
