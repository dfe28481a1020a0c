import Glibc

/// What the kernel says about itself in files.
public struct SystemFiles: Sendable {
  /// A test's stand-in for /.
  public var root: String

  public init(root: String = "") { self.root = root }

  /// Nil where the file cannot be read.
  public func text(_ path: String) -> String? {
    guard let file = fopen(root + path, "re") else { return nil }
    defer { fclose(file) }
    // These files have no size of their own before they are read.
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = fread(&part, 1, part.count, file)
      bytes += part.prefix(count)
      if count < part.count { break }
    }
    return ferror(file) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
  }

  public func lines(_ path: String) -> [String] {
    (text(path) ?? "").split(separator: "\n").map(String.init)
  }

  /// The first line, nil where there is none.
  public func line(_ path: String) -> String? { lines(path).first }

  /// The value after `key:` in a file of such lines.
  public func value(_ key: String, in path: String) -> String? {
    lines(path).first { $0.hasPrefix(key + ":") }.map { trimmed($0.dropFirst(key.count + 1)) }
  }

  /// The CPUs that Open MPI's starter on this host may use: what ranks had before it bound them. Nil without one.
  ///
  /// - Parameter process: the rank's.
  public func launcherCPUs(above process: Int32) -> [Int]? {
    let launchers: Set = ["mpirun", "mpiexec", "orterun", "orted", "prterun", "prted"]
    var next = process
    for _ in 0..<32 {
      let status = "/proc/\(next)/status"
      guard let parent = value("PPid", in: status).flatMap({ Int32($0) }), parent > 0 else { return nil }
      let above = "/proc/\(parent)/status"
      // mpirun is often a link to orterun; the kernel's name is the one it was started by, cut to 15 characters.
      if let name = value("Name", in: above), launchers.contains(String(name.prefix { $0 != "." })) {
        return value("Cpus_allowed_list", in: above).map(expandedList)
      }
      next = parent
    }
    return nil
  }
}

/// "0-2,5" as [0, 1, 2, 5]. What is no number is left out.
public func expandedList(_ text: String) -> [Int] {
  text.split(separator: ",").flatMap { part -> [Int] in
    let ends = part.split(separator: "-").compactMap { Int(trimmed($0)) }
    guard let first = ends.first, let last = ends.last, first <= last else { return [] }
    return Array(first...last)
  }
}

/// [0, 1, 2, 5] as "0-2,5".
public func compactList(_ numbers: [Int]) -> String {
  var ranges: [ClosedRange<Int>] = []
  for number in numbers {
    if let last = ranges.last, last.upperBound + 1 == number {
      ranges[ranges.count - 1] = last.lowerBound...number
    } else {
      ranges.append(number...number)
    }
  }
  return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
    .joined(separator: ",")
}

/// Without white space at its ends.
func trimmed(_ text: some StringProtocol) -> String {
  String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
}
