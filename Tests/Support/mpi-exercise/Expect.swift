import MPI
import Synchronization

/// A check that did not hold. It leaves the scenario as any other error does, so the job fails by the same road.
struct WrongResult: Error, CustomStringConvertible {
  let description: String
}

/// How many checks held on this rank. A scenario that checks nothing has not passed.
let checksHeld = Atomic<Int>(0)

func expect(
  _ condition: Bool, _ what: @autoclosure () -> String = "", file: String = #fileID, line: Int = #line
) throws {
  if !condition { throw WrongResult(description: "\(file):\(line): wrong: \(what())") }
  checksHeld.wrappingAdd(1, ordering: .relaxed)
}

func expectEqual<T: Equatable>(
  _ found: T, _ expected: T, _ what: @autoclosure () -> String = "", file: String = #fileID, line: Int = #line
) throws {
  try expect(found == expected, "\(what()) is \(found), not \(expected)", file: file, line: line)
}

/// Every element of a buffer against a closed form.
func expectAll<T: Equatable>(
  _ found: some RandomAccessCollection<T>, _ what: String = "", file: String = #fileID, line: Int = #line,
  _ expected: (Int) -> T
) throws {
  for (index, value) in found.enumerated() where value != expected(index) {
    throw WrongResult(description: "\(file):\(line): \(what)[\(index)] is \(value), not \(expected(index))")
  }
  checksHeld.wrappingAdd(1, ordering: .relaxed)
}

func expectThrows(
  _ errorClass: ErrorClass, _ what: String, file: String = #fileID, line: Int = #line,
  _ body: () throws -> Void
) throws {
  do {
    try body()
  } catch let error as MPIError where error.errorClass == errorClass {
    try expect(!error.message.isEmpty && !error.function.isEmpty, "\(error)", file: file, line: line)
    return
  } catch {
    throw WrongResult(description: "\(file):\(line): \(what) threw \(error)")
  }
  throw WrongResult(description: "\(file):\(line): \(what) did not throw")
}
