internal import CMPI

/// How a program's threads may call MPI. Each level allows what the ones before it do.
///
/// - Source: MPI 3.1, §12.4.3 Initialization.
public enum ThreadLevel: Int32, Sendable, Comparable, CustomStringConvertible {
  /// The process has one thread.
  case single
  /// Only the thread that initialised MPI calls it.
  case funneled
  /// Any thread calls MPI, but never two at once.
  case serialized
  /// Any thread calls MPI at any time.
  case multiple

  /// The level of MPI's constant, which the standard orders but does not number.
  init?(constant: CInt) {
    switch constant {
    case CInt(MPI_THREAD_SINGLE): self = .single
    case CInt(MPI_THREAD_FUNNELED): self = .funneled
    case CInt(MPI_THREAD_SERIALIZED): self = .serialized
    case CInt(MPI_THREAD_MULTIPLE): self = .multiple
    default: return nil
    }
  }

  var constant: CInt {
    switch self {
    case .single: CInt(MPI_THREAD_SINGLE)
    case .funneled: CInt(MPI_THREAD_FUNNELED)
    case .serialized: CInt(MPI_THREAD_SERIALIZED)
    case .multiple: CInt(MPI_THREAD_MULTIPLE)
    }
  }

  public static func < (a: ThreadLevel, b: ThreadLevel) -> Bool { a.rawValue < b.rawValue }

  public var description: String {
    switch self {
    case .single: "single"
    case .funneled: "funneled"
    case .serialized: "serialized"
    case .multiple: "multiple"
    }
  }
}
