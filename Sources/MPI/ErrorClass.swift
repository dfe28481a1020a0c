internal import CMPI

/// The kind of an MPI failure, portable between libraries.
///
/// A struct and not an enumeration: a library may define classes of its own, and they must survive.
///
/// - Source: MPI 3.1, §8.4, table 8.1, and §11.6.2 for windows.
public struct ErrorClass: RawRepresentable, Hashable, Sendable {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// A null or aliased buffer.
  public static let buffer = ErrorClass(rawValue: MPI_ERR_BUFFER)
  /// A count that is negative, does not fit MPI's 32-bit counts, or does not match another buffer's.
  public static let count = ErrorClass(rawValue: MPI_ERR_COUNT)
  /// A message tag out of range.
  public static let tag = ErrorClass(rawValue: MPI_ERR_TAG)
  /// A null or freed communicator.
  public static let communicator = ErrorClass(rawValue: MPI_ERR_COMM)
  /// A rank outside its communicator.
  public static let rank = ErrorClass(rawValue: MPI_ERR_RANK)
  /// A root outside its communicator.
  public static let root = ErrorClass(rawValue: MPI_ERR_ROOT)
  /// An argument that is wrong in another way.
  public static let argument = ErrorClass(rawValue: MPI_ERR_ARG)
  /// A message longer than the buffer that was to receive it.
  public static let truncated = ErrorClass(rawValue: MPI_ERR_TRUNCATE)
  /// A known error that has no class.
  public static let other = ErrorClass(rawValue: MPI_ERR_OTHER)
  /// A failure inside the library. Open MPI says so for a shared window that /dev/shm has no room for.
  public static let `internal` = ErrorClass(rawValue: MPI_ERR_INTERN)
  /// Not enough memory, as where a shared window's pages find the file system in memory full.
  public static let noMemory = ErrorClass(rawValue: MPI_ERR_NO_MEM)
  /// Memory that cannot be shared, because the communicator spans several hosts.
  public static let notShareable = ErrorClass(rawValue: MPI_ERR_RMA_SHARED)
}
