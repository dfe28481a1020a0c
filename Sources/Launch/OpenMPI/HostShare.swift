import Values

/// A host of a job, and its ranks.
public struct HostShare: Equatable, Sendable {
  /// As mpirun and ssh are to be told it.
  public let name: String
  /// Nil: one on each physical core.
  public var ranks: Int?

  /// The most ranks that a host may be given.
  public static let mostRanks = 99_999
  /// The longest name that the domain name system has (RFC 1035).
  static let longestName = 253

  public init(_ name: String, ranks: Int? = nil) throws(HostListError) {
    guard Self.isName(name) else { throw HostListError("\(printable(name, most: 80)) is not the name of a host") }
    (self.name, self.ranks) = (name, ranks)
  }

  /// A host that is there already, whatever it calls itself.
  public init(itself name: String, ranks: Int) { (self.name, self.ranks) = (name, ranks) }

  /// Letters, digits, dots, hyphens and underscores, the first and the last a letter or a digit: nothing that ssh, a shell or
  /// mpirun takes for anything else.
  static func isName(_ name: String) -> Bool {
    func isAlphanumeric(_ byte: UInt8?) -> Bool {
      switch byte ?? 0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: false
      }
    }
    let bytes = name.utf8
    return bytes.count <= longestName && isAlphanumeric(bytes.first) && isAlphanumeric(bytes.last)
      && bytes.allSatisfy { isAlphanumeric($0) || ".-_".utf8.contains($0) }
  }

  /// A number of ranks as a user wrote it, "64"; nil for anything else.
  static func ranks(_ text: Substring) -> Int? {
    let isNumber = text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    guard isNumber, text.first != "0", let ranks = Int(text), 1...mostRanks ~= ranks else { return nil }
    return ranks
  }

  /// - Parameter text: "64", as a user wrote it.
  init(_ name: String, ranks text: Substring) throws(HostListError) {
    guard let ranks = Self.ranks(text) else {
      throw HostListError(
        "host \(printable(name, most: 80)): \(printable(String(text), most: 40)) is not a number of ranks")
    }
    try self.init(name, ranks: ranks)
  }
}

/// What is wrong with a list of hosts: one sentence.
public struct HostListError: Error, CustomStringConvertible, Sendable {
  public let description: String

  init(_ description: String) { self.description = description }
}

extension [HostShare] {
  /// "a:64,b:64", or "a,b".
  public init(list text: String) throws(HostListError) {
    guard text.last != "," else {
      throw HostListError("--hosts \(printable(text, most: 200)): a host is missing after the last comma")
    }
    self = []
    for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let colon = entry.lastIndex(of: ":") else {
        try add(HostShare(String(entry)))
        continue
      }
      let name = String(entry[..<colon])
      let ranks = entry[entry.index(after: colon)...]
      guard !ranks.isEmpty else {
        throw HostListError("host \(printable(name, most: 80)): a number of ranks is missing after the colon")
      }
      try add(HostShare(name, ranks: ranks))
    }
  }

  /// Open MPI's form of a host file: "name slots=64" on a line; # begins a comment.
  ///
  /// - Parameter path: for messages.
  public init(file text: String, path: String) throws(HostListError) {
    self = []
    // Also of a file from Windows: Swift takes its line ends for one character, which is not "\n".
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, line) in lines.enumerated() {
      let words = line.prefix { $0 != "#" }.split { $0.isWhitespace }
      guard let name = words.first else { continue }
      do {
        var host = try HostShare(String(name))
        for word in words.dropFirst() {
          guard word.hasPrefix("slots="), let ranks = HostShare.ranks(word.dropFirst("slots=".count)) else {
            throw HostListError("\(printable(String(word), most: 80)) is not slots=N")
          }
          guard host.ranks == nil else { throw HostListError("slots= stands there twice") }
          host.ranks = ranks
        }
        try add(host)
      } catch {
        throw HostListError("\(path):\(number + 1): \(error)")
      }
    }
    guard !isEmpty else { throw HostListError("the host file \(path) names no host") }
  }

  private mutating func add(_ host: HostShare) throws(HostListError) {
    guard !contains(where: { $0.name == host.name }) else { throw HostListError("host \(host.name) is named twice") }
    append(host)
  }
}
