import GPT
import TestSupport
import Testing

/// Where parameters may be cut between owners.
@Suite struct ReplicaLayoutTests {
  static let shapes = [(16, 4), (48, 3), (64, 4), (128, 8), (272, 2)]

  static func layout(_ kind: EngineKind, _ size: (Int, Int)) throws -> ReplicaLayout {
    EngineOptions(kind: kind).layout(shape: try Shape(dModel: size.0, heads: size.1))
  }

  @Test(arguments: [EngineKind.scalar, .simd], shapes)
  func runsCoverAllParameters(kind: EngineKind, size: (Int, Int)) throws {
    let layout = try Self.layout(kind, size)
    #expect(layout.parameterCount == (try Shape(dModel: size.0, heads: size.1)).parameterCount)
    var end = 0
    for run in layout.runs {
      #expect(run.range.lowerBound == end && run.range.lowerBound % 16 == 0)
      #expect(run.columns.map { $0 % 16 == 0 && run.range.count % $0 == 0 } ?? true)
      end = run.range.upperBound
    }
    #expect(end == layout.parameterCount)
  }

  /// Every parameter has one owner, no line has two, and no slice is more than a stripe or a tile too large.
  @Test(arguments: [EngineKind.scalar, .simd], shapes)
  func slices(kind: EngineKind, size: (Int, Int)) throws {
    let layout = try Self.layout(kind, size)
    let P = layout.parameterCount
    let widest = layout.runs.compactMap(\.columns).max() ?? 1
    for (cuts, grain) in [(ReplicaLayout.Cuts.stripes, 16 * widest), (.tiles, layout.runs.count > 1 ? 256 : 16)] {
      for count in Array(1...40) + [64, 192, 1000] {
        let slices = layout.slices(count, cuts)
        #expect(slices.count == count)
        #expect(slices.first?.lowerBound == 0 && slices.last?.upperBound == P)
        for (slice, next) in zip(slices, slices.dropFirst()) { #expect(slice.upperBound == next.lowerBound) }
        var owned = [Bool](repeating: false, count: P)
        for slice in slices {
          #expect(slice.count <= P / count + 1 + grain, "\(count) slices: \(slice)")
          let spans = layout.spans(of: slice)
          #expect(spans.reduce(0) { $0 + $1.count } == slice.count, "\(count) slices: \(slice)")
          if cuts == .stripes { #expect(spans == (slice.isEmpty ? [] : [slice])) }
          for span in spans {
            #expect(span.lowerBound % 16 == 0 && span.upperBound % 16 == 0, "\(count) slices: \(span)")
            #expect(!owned[span].contains(true), "\(count) slices: \(span)")
            for i in span { owned[i] = true }
          }
        }
        #expect(!owned.contains(false))
      }
    }
  }

  /// What a cut is for: of the derived weights too, owners of two slices write different cache lines, and together
  /// they write what one owner of everything writes.
  @Test(arguments: [1, 2, 3, 4, 7, 13, 50], shapes)
  func ownersWriteDifferentLines(ranks: Int, size: (Int, Int)) throws {
    let shape = try Shape(dModel: size.0, heads: size.1)
    let options = EngineOptions(kind: .simd)
    let layout = options.layout(shape: shape)
    let parameters = randomParameters(shape, seed: 3)
    func derived(_ range: Range<Int>) -> [Float] {
      let memory = AlignedBuffer<Float>(zeros: layout.derivedCount)
      options.make(shape: shape, names: 1, derived: memory.pointer).parametersChanged(parameters, in: range)
      return Array(memory.buffer)
    }
    func lines(_ values: [Float]) -> Set<Int> { Set(values.indices.filter { values[$0] != 0 }.map { $0 / 16 }) }
    for cuts in [ReplicaLayout.Cuts.stripes, .tiles] {
      var seen: Set<Int> = []
      var sum = [Float](repeating: 0, count: layout.derivedCount)
      for slice in layout.slices(ranks, cuts) {
        let part = derived(slice)
        let touched = lines(part)
        #expect(seen.isDisjoint(with: touched), "\(slice)")
        seen.formUnion(touched)
        for i in sum.indices { sum[i] += part[i] }
      }
      #expect(firstDifference(sum, derived(0..<shape.parameterCount)) == nil)
    }
  }

  /// Two engines on one replica, each of which updates half: both compute with all of it.
  @Test(arguments: [EngineKind.scalar, .simd])
  func enginesShareAReplica(kind: EngineKind) throws {
    let shape = try Shape(dModel: 32, heads: 4)
    let options = EngineOptions(kind: kind)
    let layout = options.layout(shape: shape)
    let memory = AlignedBuffer<Float>(zeros: max(layout.derivedCount, 1))
    let names = [Name("anna"), Name("bo")]
    let engines = (0..<2).map { _ in options.make(shape: shape, names: 2, derived: memory.pointer) }
    let alone = options.make(shape: shape, names: 2)
    var parameters = randomParameters(shape, seed: 5)
    for (engine, slice) in zip(engines, layout.slices(2, .tiles)) { engine.parametersChanged(parameters, in: slice) }
    let gradient = pass(alone, names, parameters, scale: 1).gradient
    var first = [Float](repeating: 0, count: shape.parameterCount)
    var second = first
    for (engine, slice) in zip(engines, layout.slices(2, .tiles)) {
      engine.adam(
        range: slice, learningRate: 0.01, update: 1, gradient: gradient, parameters: &parameters, first: &first,
        second: &second)
    }
    let expected = pass(alone, names, parameters, scale: 1).loss
    for engine in engines {
      let loss = names.withUnsafeBufferPointer { engine.forward($0, parameters: parameters, scale: 1) }
      #expect(loss == expected)
    }
  }

  /// The gradient is final where `backward` says it is: what lies behind the index does not change any more.
  @Test(arguments: [EngineKind.scalar, .simd])
  func finalGradientsStay(kind: EngineKind) throws {
    let shape = try Shape(dModel: 32, heads: 4)
    let engine = makeEngine(kind, shape: shape, names: 2)
    let (names, parameters) = ([Name("anna"), Name("bo")], randomParameters(shape, seed: 5))
    let whole = pass(engine, names, parameters, scale: 1).gradient
    let gradient = AlignedBuffer<Float>(zeros: shape.parameterCount)
    var calls: [Int] = []
    engine.backward(parameters: parameters, gradient: gradient.pointer) { index in
      calls.append(index)
      #expect(firstDifference(Array(gradient.buffer[index...]), whole[index...]) == nil, "from \(index)")
    }
    #expect(calls.last == 0)
    #expect(calls == calls.sorted(by: >))
    if kind == .simd { #expect(Set(calls).count == 6) }
  }
}
