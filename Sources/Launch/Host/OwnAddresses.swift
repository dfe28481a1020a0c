import Glibc

/// The numeric addresses of this host that other hosts may reach: of interfaces that are up, loopback and what holds on one link
/// alone left out.
///
/// - Parameter network: an interface's name, or addresses such as 10.1.0.0/16; several with commas between them, as Open MPI
///   takes them. Nil for all. A loopback interface that is named is taken.
public func ownAddresses(network: String? = nil) -> [IPAddress] {
  var list: UnsafeMutablePointer<ifaddrs>?
  guard getifaddrs(&list) == 0 else { return [] }
  defer { freeifaddrs(list) }
  let wanted = network?.split(separator: ",").map(String.init)
  var found: [IPAddress] = []
  var next = list
  while let entry = next?.pointee {
    next = entry.ifa_next
    guard let socket = entry.ifa_addr, entry.ifa_flags & UInt32(IFF_UP) != 0,
      let address = IPAddress(socket: socket)
    else { continue }
    let name = String(cString: entry.ifa_name)
    if let wanted {
      guard wanted.contains(where: { $0 == name || address.isWithin($0) }) else { continue }
    } else if entry.ifa_flags & UInt32(IFF_LOOPBACK) != 0 || address.holdsOnOneLink {
      continue
    }
    if !found.contains(address) { found.append(address) }
  }
  return found
}

/// Whether any network interface is up, loopback too. Open MPI starts no ranks without one.
public func isAnyNetworkUp() -> Bool {
  var list: UnsafeMutablePointer<ifaddrs>?
  // Where the system does not tell, Open MPI will.
  guard getifaddrs(&list) == 0 else { return true }
  defer { freeifaddrs(list) }
  var next = list
  while let entry = next?.pointee {
    if entry.ifa_flags & UInt32(IFF_UP) != 0 { return true }
    next = entry.ifa_next
  }
  return false
}

extension IPAddress {
  /// Nil for what is no address of the internet.
  init?(socket: UnsafePointer<sockaddr>) {
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let length =
      switch Int32(socket.pointee.sa_family) {
      case AF_INET: MemoryLayout<sockaddr_in>.size
      case AF_INET6: MemoryLayout<sockaddr_in6>.size
      default: 0
      }
    guard length > 0,
      getnameinfo(socket, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
    else { return nil }
    self.init(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
  }

  /// 169.254.0.0/16 and fe80::/10.
  var holdsOnOneLink: Bool {
    isIPv6 ? bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 : bytes[0] == 169 && bytes[1] == 254
  }

  /// - Parameter network: "10.1.0.0/16"; false for anything else.
  func isWithin(_ network: String) -> Bool {
    let parts = network.split(separator: "/")
    guard parts.count == 2, let base = IPAddress(parts[0]), let bits = Int(parts[1]), base.bytes.count == bytes.count,
      0...bytes.count * 8 ~= bits
    else { return false }
    return (0..<bits).allSatisfy { bit in
      let mask = UInt8(0x80) >> UInt8(bit % 8)
      return base.bytes[bit / 8] & mask == bytes[bit / 8] & mask
    }
  }
}
