import Files
import Glibc
import Values

/// The sockets of a listener, and the folder that one of them lies in.
struct ListeningSockets: Sendable {
  private(set) var sockets: [Descriptor] = []
  private(set) var addresses: [SignAddress] = []
  private var folder: PrivateFolder?

  private static let file = "/signs"

  /// A new one for a socket, in a folder of its own.
  static func path(in parent: String) -> String { "\(parent)/ddp-train.\(SignToken().publicDigits)\(file)" }

  init(_ place: ListeningPlace) throws(LifeSignListenerError) {
    switch place {
    case .thisHost(let parent): try listen(in: parent)
    case .network(let hosts, let ports):
      guard (1...SignAddress.most).contains(hosts.count) else {
        throw LifeSignListenerError(what: "the network", reason: "1 to \(SignAddress.most) addresses, please")
      }
      for host in hosts { try listen(on: host, ports) }
    }
  }

  func remove() { folder?.remove() }

  private mutating func listen(in parent: String) throws(LifeSignListenerError) {
    let file = Self.path(in: parent)
    let path = String(file.dropLast(Self.file.utf8.count))
    guard SignAddress.isUsable(path: file) else {
      throw LifeSignListenerError(
        what: escaped(file), reason: "not a path for a socket, which is absolute and short (\(SignAddress.longestPath))"
      )
    }
    do {
      folder = try PrivateFolder.held(making: path)
    } catch {
      throw LifeSignListenerError(what: "the folder \(error.path)", reason: error.reason)
    }
    do {
      try listen(at: .unix(path: file))
    } catch {
      remove()
      throw error
    }
  }

  private mutating func listen(
    on host: IPAddress, _ ports: ClosedRange<UInt16>?
  ) throws(LifeSignListenerError) {
    guard let ports else { return try listen(at: .tcp(host, port: 0)) }
    var last: LifeSignListenerError?
    for port in ports where port > 0 {
      do throws(LifeSignListenerError) {
        return try listen(at: .tcp(host, port: port))
      } catch {
        last = error
      }
    }
    throw last ?? LifeSignListenerError(what: "\(host)", reason: "0 is no port")
  }

  private mutating func listen(at address: SignAddress) throws(LifeSignListenerError) {
    let own = SocketAddress(address)
    guard let socket = Descriptor.socket(for: own) else { throw .lastError(address.description) }
    if own.family != AF_UNIX {
      // Connections of the job before, in their last minute, do not occupy the port.
      socket.set(SO_REUSEADDR, of: SOL_SOCKET, to: 1)
      if own.family == AF_INET6 { socket.set(IPV6_V6ONLY, of: CInt(IPPROTO_IPV6), to: 1) }
    }
    guard own.withPointer({ bind(socket.number, $0, $1) }) == 0, Glibc.listen(socket.number, 128) == 0 else {
      throw .lastError(address.description)
    }
    sockets.append(socket)
    if case .tcp(let host, _) = address {
      addresses.append(.tcp(host, port: SocketAddress.port(of: socket)))
    } else {
      addresses.append(address)
    }
  }
}
