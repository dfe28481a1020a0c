import Glibc

/// A numeric address of a network interface, IPv4 or IPv6. No names, and no zones (`%eth0`), which mean something on one
/// host alone.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
  /// 4 or 16, in the network's order.
  let bytes: [UInt8]

  var isIPv6: Bool { bytes.count == 16 }

  /// As `10.1.0.1` or `fd00::1`. Nil for anything else.
  public init?(_ text: some StringProtocol) {
    let text = String(text)
    // The C library would stop at a zero.
    guard !text.utf8.contains(0) else { return nil }
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: count)
      if inet_pton(family, text, &bytes) == 1 {
        self.bytes = bytes
        return
      }
    }
    return nil
  }

  public var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(isIPv6 ? AF_INET6 : AF_INET, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
