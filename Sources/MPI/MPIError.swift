internal import CMPI

/// An MPI call that failed, or one that was refused before it was made because its arguments cannot be right.
///
/// The text is taken from the library when the error is made, so it stays readable after finalize.
///
/// - Source: MPI 3.1, §8.4 Error Codes and Classes.
public struct MPIError: Error, Sendable, Equatable {
  /// The code the call returned. Open MPI's codes may be finer than their class.
  public let code: Int32

  /// The kind of failure, the same in every MPI library.
  public let errorClass: ErrorClass

  /// The call that failed: `MPI_Recv`, or this module's own name where MPI was not called.
  public let function: String

  /// This process's rank in the world, whatever communicator failed; `nil` outside init … finalize.
  public let rank: Int?

  /// The library's own words, or for a refused call what does not fit together, with both numbers.
  public let message: String
}

extension MPIError: CustomStringConvertible {
  public var description: String {
    let place = rank.map { " on rank \($0)" } ?? ""
    return "\(function)\(place): \(message) (class \(errorClass.rawValue), code \(code))"
  }
}

extension MPIError {
  /// A call that was refused before it reached MPI.
  init(_ errorClass: ErrorClass, in function: StaticString, _ message: String) {
    self.init(
      code: errorClass.rawValue, errorClass: errorClass, function: "\(function)",
      rank: worldRankIfRunning(), message: message)
  }

  /// A call that returned `code`.
  init(code: CInt, function: StaticString) {
    guard isRunning() else {
      self.init(
        code: code, errorClass: ErrorClass(rawValue: code), function: "\(function)", rank: nil,
        message: "MPI error \(code) outside init and finalize")
      return
    }
    var errorClass: CInt = code
    MPI_Error_class(code, &errorClass)
    self.init(
      code: code, errorClass: ErrorClass(rawValue: errorClass), function: "\(function)",
      rank: worldRankIfRunning(), message: errorText(code))
  }
}

/// Every return code of MPI passes through here.
///
/// - Throws: the `MPIError` of `code`, unless it is `MPI_SUCCESS`.
@inline(__always)
func check(_ code: CInt, function: StaticString) throws(MPIError) {
  if code != MPI_SUCCESS { throw MPIError(code: code, function: function) }
}

/// Every argument that is checked before its call passes through here.
@inline(__always)
func require(
  _ condition: Bool, _ errorClass: ErrorClass, in function: StaticString, _ message: @autoclosure () -> String
) throws(MPIError) {
  if !condition { throw MPIError(errorClass, in: function, message()) }
}

/// MPI's text for a code. Only between init and finalize: elsewhere Open MPI ends the process.
private func errorText(_ code: CInt) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(MPI_MAX_ERROR_STRING) + 1) { text in
    text.initialize(repeating: 0)
    var length: CInt = 0
    guard MPI_Error_string(code, text.baseAddress, &length) == MPI_SUCCESS, let start = text.baseAddress else {
      return "MPI error \(code)"
    }
    return String(cString: start)
  }
}
