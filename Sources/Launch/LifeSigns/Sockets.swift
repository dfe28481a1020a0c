import Files
import Glibc

/// An address as the socket calls take it.
struct SocketAddress {
  private var storage = sockaddr_storage()
  private var length: socklen_t

  init(_ address: SignAddress) {
    switch address {
    case .unix(let path):
      var unix = sockaddr_un()
      unix.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &unix.sun_path) { $0.copyBytes(from: path.utf8.prefix(SignAddress.longestPath)) }
      length = socklen_t(MemoryLayout<sockaddr_un>.size)
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: unix, as: sockaddr_un.self) }
    case .tcp(let ip, let port) where ip.isIPv6:
      var internet = sockaddr_in6()
      internet.sin6_family = sa_family_t(AF_INET6)
      internet.sin6_port = port.bigEndian
      withUnsafeMutableBytes(of: &internet.sin6_addr) { $0.copyBytes(from: ip.bytes) }
      length = socklen_t(MemoryLayout<sockaddr_in6>.size)
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: internet, as: sockaddr_in6.self) }
    case .tcp(let ip, let port):
      var internet = sockaddr_in()
      internet.sin_family = sa_family_t(AF_INET)
      internet.sin_port = port.bigEndian
      withUnsafeMutableBytes(of: &internet.sin_addr) { $0.copyBytes(from: ip.bytes) }
      length = socklen_t(MemoryLayout<sockaddr_in>.size)
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: internet, as: sockaddr_in.self) }
    }
  }

  var family: CInt { CInt(storage.ss_family) }

  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  /// The port that the kernel has given to a TCP socket; 0 for any other.
  static func port(of socket: Descriptor) -> UInt16 {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket.number, $0, &length) }
    }
    guard result == 0 else { return 0 }
    return withUnsafeBytes(of: storage) { bytes in
      switch CInt(storage.ss_family) {
      case AF_INET: UInt16(bigEndian: bytes.load(as: sockaddr_in.self).sin_port)
      case AF_INET6: UInt16(bigEndian: bytes.load(as: sockaddr_in6.self).sin6_port)
      default: 0
      }
    }
  }
}

extension Descriptor {
  /// A stream socket that waits for nothing, and that programs started from here do not inherit.
  ///
  /// - Returns: nil where there can be none, and `errno` says why.
  static func socket(for address: SocketAddress) -> Descriptor? {
    let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let number = Glibc.socket(address.family, type, 0)
    guard number >= 0 else { return nil }
    return Descriptor(number)
  }

  /// Takes the next connection of a listening socket.
  ///
  /// - Returns: nil where there is none, and `errno` says why.
  func accept() -> Descriptor? {
    if let accept4 = Self.accept4 {
      let number = accept4(number, nil, nil, CInt(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue))
      return number < 0 ? nil : Descriptor(number)
    }
    let number = Glibc.accept(number, nil, nil)
    guard number >= 0 else { return nil }
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    return Descriptor(number)
  }

  private typealias Accept4 =
    @convention(c) (CInt, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?, CInt) -> CInt
  /// Swift's view of the C library lacks it. Without it a program that another thread starts just then would inherit.
  private static let accept4 = dlsym(nil, "accept4").map { unsafeBitCast($0, to: Accept4.self) }

  func set(_ option: CInt, of level: CInt, to value: CInt) {
    var value = value
    setsockopt(number, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
  }

  /// Lets the kernel find out that the other host, or the network to it, is gone: after 10 s, whether anything is sent or
  /// not. Whoever is only stopped is not taken for that.
  func watchPeer() {
    set(SO_KEEPALIVE, of: SOL_SOCKET, to: 1)
    set(TCP_KEEPIDLE, of: CInt(IPPROTO_TCP), to: 4)
    set(TCP_KEEPINTVL, of: CInt(IPPROTO_TCP), to: 2)
    set(TCP_KEEPCNT, of: CInt(IPPROTO_TCP), to: 3)
    set(TCP_USER_TIMEOUT, of: CInt(IPPROTO_TCP), to: 10_000)
    set(TCP_NODELAY, of: CInt(IPPROTO_TCP), to: 1)
  }
}
