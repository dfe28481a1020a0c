import Foundation
import GPT
import Testing

/// A short run in process: all parts together must learn.
@Suite struct TrainingTests {
  @Test(arguments: EngineKind.available)
  func lossFalls(kind: EngineKind) throws {
    let steps = kind == .scalar ? 300 : 600
    var trainer = Trainer(kind, shape: try Shape(dModel: 16, heads: 4), table: try readTable(), batch: 16, seed: 42)
    let losses = (0..<steps).map { trainer.step($0, of: steps, learningRate: 0.01) }
    // 27 letters, all about as likely: ln 27 = 3.30.
    #expect(abs(losses[0] - log(27)) < 0.3)
    #expect(losses.suffix(100).reduce(0, +) / 100 < 2.6)
    #expect(trainer.parameters.allSatisfy { $0.isFinite })
  }

  /// The engines' loss curves stay together as long as rounding alone separates them.
  @Test func lossCurvesAgree() throws {
    let (shape, table) = (try Shape(dModel: 32, heads: 4), try readTable())
    var scalar = Trainer(.scalar, shape: shape, table: table, batch: 8, seed: 1)
    var vector = Trainer(.simd, shape: shape, table: table, batch: 8, seed: 1)
    for step in 0..<20 {
      let (one, other) = (
        scalar.step(step, of: 20, learningRate: 0.01), vector.step(step, of: 20, learningRate: 0.01)
      )
      #expect(abs(other / one - 1) < 1e-4, "step \(step)")
    }
  }
}
