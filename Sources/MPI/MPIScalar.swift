internal import CMPI

/// A type whose values MPI can send and reduce.
///
/// - Source: MPI 3.1, §3.2.2 Message Data, table 3.2.
public protocol MPIScalar: BitwiseCopyable, Sendable {
  /// MPI's name for this type.
  static var datatype: Datatype { get }

  /// Any value, to fill a buffer before something is received into it.
  init()
}

/// MPI's description of one element.
public struct Datatype: @unchecked Sendable {
  // Unchecked because a pointer is never Sendable; this one is the address of a constant of the library.
  let handle: MPI_Datatype
  init(_ handle: MPI_Datatype) { self.handle = handle }
}

extension Bool: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_c_bool()) }
}
extension Float: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_float()) }
}
extension Double: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_double()) }
}
extension Int8: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_int8()) }
}
extension Int16: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_int16()) }
}
extension Int32: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_int32()) }
}
extension Int64: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_int64()) }
}
extension Int: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_int64()) }  // every target of this package is 64-bit
}
extension UInt8: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_uint8()) }
}
extension UInt16: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_uint16()) }
}
extension UInt32: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_uint32()) }
}
extension UInt64: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_uint64()) }
}
extension UInt: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_uint64()) }
}
