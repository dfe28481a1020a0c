// The package's own engine, for the C program `step`: one at a time.
import CSIMD
import GPT
import Kernels

private nonisolated(unsafe) var engine: VectorEngine?

/// Makes the engine for names in batches of at most `names`.
@_cdecl("step_begin")
public func begin(usingSME2: CInt, width: Int, heads: Int, names: Int, parameters: UnsafePointer<Float>) {
  csimd_flush_denormals(1)
  guard let shape = try? Shape(dModel: width, heads: heads) else { fatalError("no such shape") }
  let new = VectorEngine(
    shape: shape, names: names, options: EngineOptions(kind: usingSME2 != 0 ? .sme2 : .simd))
  new.parametersChanged(parameters)
  engine = new
}

/// Forward and backward.
///
/// - Parameters:
///   - letters: a–z, a zero behind each name, another behind the last.
///   - gradient: (P); overwritten.
/// - Returns: the batch's mean loss, in nats.
@_cdecl("step_gradient")
public func gradient(
  letters: UnsafePointer<UInt8>, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>
) -> Double {
  guard let engine else { fatalError("no engine") }
  var names = readNames(letters)
  names.sort()
  var positions = 0
  for name in names { positions += name.positions }
  let loss = names.withUnsafeBufferPointer {
    engine.forward($0, parameters: parameters, scale: 1 / Double(positions))
  }
  engine.backward(parameters: parameters, gradient: gradient)
  return loss / Double(positions)
}

@_cdecl("step_adam")
public func adam(
  learningRate: Double, update: Int, gradient: UnsafePointer<Float>, parameters: UnsafeMutablePointer<Float>,
  first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>
) {
  guard let engine else { fatalError("no engine") }
  let model = ModelArrays(parameters: parameters, first: first, second: second)
  engine.adam(
    AdamSlice(model, range: 0..<engine.shape.parameterCount, learningRate: learningRate, update: update),
    gradient: gradient)
}

/// The size of the last step: R, U and the floating-point operations of its products and attention.
@_cdecl("step_work")
public func work(rows: UnsafeMutablePointer<Int>, pairs: UnsafeMutablePointer<Int>) -> Double {
  guard let engine else { fatalError("no engine") }
  let work = engine.work
  (rows.pointee, pairs.pointee) = (work.rows, work.pairs)
  return work.flops
}

func readNames(_ letters: UnsafePointer<UInt8>) -> [Name] {
  var names: [Name] = []
  var tokens: [UInt8] = []
  var next = letters
  while next.pointee != 0 {
    tokens.removeAll()
    while next.pointee != 0 {
      tokens.append(next.pointee - UInt8(ascii: "a"))
      next += 1
    }
    names.append(tokens.withUnsafeBufferPointer { Name(letters: $0) })
    next += 1
  }
  return names
}
