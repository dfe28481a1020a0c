import Glibc
import Testing

@testable import Launch

@Suite("addresses of this host") struct OwnAddressesTests {
  private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

  @Test(
    "within a network",
    arguments: [
      ("10.1.2.3", "10.1.0.0/16", true), ("10.2.2.3", "10.1.0.0/16", false), ("10.1.2.3", "10.1.2.3/32", true),
      ("10.1.2.4", "10.1.2.3/32", false), ("192.168.0.1", "0.0.0.0/0", true), ("10.1.2.3", "10.1.2.0/25", true),
      ("10.1.2.128", "10.1.2.0/25", false), ("10.1.2.127", "10.1.2.99/25", true), ("fd00::1", "fd00::/8", true),
      ("fe00::1", "fd00::/8", false), ("fd00::1", "fd00::1/128", true), ("fd00::2", "fd00::1/127", false),
    ])
  func within(_ own: String, network: String, isWithin: Bool) throws {
    #expect(try address(own).isWithin(network) == isWithin)
  }

  @Test(
    "what is no network holds nothing",
    arguments: [
      "", "/", "eth0", "10.1.2.3", "10.1.2.3/", "10.1.2.3/33", "10.1.2.3/-1", "10.1.2.3/8/8", "10.1.2/8", "::/0", "/8",
      "10.1.2.3/x", "10.1.2.3/99999999999999999999",
    ])
  func noNetwork(_ network: String) throws { #expect(try !address("10.1.2.3").isWithin(network)) }

  @Test(
    "those that hold on one link alone",
    arguments: [
      ("169.254.0.1", true), ("169.253.0.1", false), ("170.254.0.1", false), ("fe80::1", true), ("febf::1", true),
      ("fec0::1", false), ("fe7f::1", false), ("fd00::1", false), ("10.0.0.1", false),
    ])
  func link(_ text: String, isLocal: Bool) throws { #expect(try address(text).holdsOnOneLink == isLocal) }

  @Test("as the system has them; what is no address of the internet is none") func sockets() throws {
    var version4 = sockaddr_in()
    version4.sin_family = sa_family_t(AF_INET)
    version4.sin_addr.s_addr = UInt32(0x0A01_0203).bigEndian
    var version6 = sockaddr_in6()
    version6.sin6_family = sa_family_t(AF_INET6)
    version6.sin6_addr.__in6_u.__u6_addr8.0 = 0xFD
    version6.sin6_addr.__in6_u.__u6_addr8.15 = 9
    func read<Address>(_ socket: Address) -> IPAddress? {
      withUnsafePointer(to: socket) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { IPAddress(socket: $0) }
      }
    }
    #expect(read(version4) == (try address("10.1.2.3")))
    #expect(read(version6) == (try address("fd00::9")))
    version4.sin_family = sa_family_t(AF_UNIX)
    #expect(read(version4) == nil)
  }

  @Test("of a network that is named, also the loopback's; else none that other hosts cannot reach") func own() throws {
    let loopback = try address("127.0.0.1")
    #expect(ownAddresses(network: "lo").contains(loopback))
    #expect(ownAddresses(network: "none0,127.0.0.0/8") == ownAddresses(network: "127.0.0.0/8"))
    #expect(ownAddresses(network: "127.0.0.0/8").contains(loopback))
    #expect(ownAddresses(network: "none0") == [])
    #expect(ownAddresses(network: "") == [])
    let all = ownAddresses()
    #expect(!all.contains(loopback) && !all.contains { $0.holdsOnOneLink })
    #expect(Set(all).count == all.count)
  }
}
