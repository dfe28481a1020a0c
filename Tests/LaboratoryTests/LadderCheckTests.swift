import Dataset
import GPT
import Laboratory
import TestSupport
import Testing

/// What `ladder` checks before it times.
@Suite struct LadderCheckTests {
  private func check(dModel: Int = 16) throws -> LadderCheck {
    LadderCheck(
      shape: try Shape(dModel: dModel, heads: 4), batch: 16, names: try NameSet(path: PackagePaths.names).table)
  }

  @Test(arguments: [16, 64])
  func rungsComputeTheSame(dModel: Int) throws {
    let check = try check(dModel: dModel)
    for rung in Rung.onOneCore { try check.climb(rung) }
    #expect(check.differences.count == Rung.onOneCore.count - 1)
    // Those that sum in another order do differ in the last bits.
    #expect(check.differences[1].gradient > 0)
  }

  static let plain = EngineOptions(kind: .simd)

  /// An exponential that is off by 5e-3.
  @Test func aCoarseRungIsNoticed() throws {
    var options = Self.plain
    options.exponential = .coarse
    let check = try check()
    try check.climb(Rung("fine", "the fine one", options: Self.plain))
    let error = #expect(throws: LadderError.self) {
      try check.climb(Rung("coarse", "the coarse one", options: options))
    }
    #expect(
      "\(try #require(error))".hasPrefix("the rung \"the coarse one\" differs from \"the fine one\" in its loss by "))
    #expect(check.differences.isEmpty)
  }

  /// What a rung can do wrong, one thing at a time, each as small as a share of 1e-4 of one tensor.
  @Test(arguments: Fault.allCases)
  func faultsAreNoticed(fault: Fault) throws {
    let check = try check()
    try check.climb(Rung("sound", "sound", options: Self.plain))
    let error = #expect(throws: LadderError.self) {
      try check.climb(
        Rung("faulty", "faulty", options: Self.plain) { FaultyEngine(fault, shape: $0, names: $1) })
    }
    #expect(error?.what == fault.rawValue)
  }

  enum Fault: String, CaseIterable, Sendable { case loss, gradient, parameters }
}

/// An engine with one fault.
private final class FaultyEngine: Engine {
  private let engine: any Engine
  private let fault: LadderCheckTests.Fault

  init(_ fault: LadderCheckTests.Fault, shape: Shape, names: Int) {
    self.fault = fault
    engine = LadderCheckTests.plain.make(shape: shape, names: names)
  }

  var shape: Shape { engine.shape }
  var work: StepWork { engine.work }

  func forward(_ names: UnsafeBufferPointer<Name>, parameters: UnsafePointer<Float>, scale: Double) -> Double {
    engine.forward(names, parameters: parameters, scale: scale) * (fault == .loss ? 1.0001 : 1)
  }

  func backward(
    parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, isFinal: (_ from: Int) -> Void
  ) {
    engine.backward(parameters: parameters, gradient: gradient)
    if fault == .gradient { for i in shape.range(.value) { gradient[i] *= 1.0001 } }
    isFinal(0)
  }

  func parametersChanged(_ parameters: UnsafePointer<Float>, in range: Range<Int>) {
    engine.parametersChanged(parameters, in: range)
  }

  func adam(_ slice: AdamSlice, gradients: Gradients) {
    var slice = slice
    // The second step's bias correction in the third step.
    if fault == .parameters, slice.update == 3 { slice.update = 2 }
    engine.adam(slice, gradients: gradients)
  }
}
