import Values

/// Where the supervisor hears life signs.
public enum SignAddress: Hashable, Sendable {
  /// A socket in the file system, for the ranks of one host. The path is absolute and printable.
  case unix(path: String)
  case tcp(IPAddress, port: UInt16)

  /// In bytes: what the kernel's structure has room for, with its end.
  static let longestPath = 107
  /// Of a list.
  public static let most = 64

  /// As one value of an environment variable: `unix:/run/…/signs`, or `tcp:10.1.0.1:41234,[fd00::1]:41234`.
  public static func list(_ addresses: [SignAddress]) -> String {
    if case .unix(let path)? = addresses.first { return "unix:\(path)" }
    return "tcp:" + addresses.map(\.description).joined(separator: ",")
  }

  /// From what `list` writes. Nil for anything else.
  public static func list(written text: String) -> [SignAddress]? {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count))
      return isUsable(path: path) ? [.unix(path: path)] : nil
    }
    guard text.hasPrefix("tcp:"), text.utf8.count <= 64 * most else { return nil }
    let words = text.dropFirst("tcp:".count).split(separator: ",", omittingEmptySubsequences: false)
    let addresses = words.compactMap { tcp(written: $0) }
    return addresses.count == words.count && addresses.count <= most ? addresses : nil
  }

  static func isUsable(path: String) -> Bool {
    path.hasPrefix("/") && path.utf8.count <= longestPath && path.unicodeScalars.allSatisfy { $0.isPrintable }
  }

  private static func tcp(written text: Substring) -> SignAddress? {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0 else {
      return nil
    }
    var host = text[..<colon]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    if isBracketed { host = host.dropFirst().dropLast() }
    guard let address = IPAddress(host), address.isIPv6 == isBracketed else { return nil }
    return .tcp(address, port: port)
  }
}

extension SignAddress: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unix(let path): path
    case .tcp(let address, let port): address.isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
  }
}
