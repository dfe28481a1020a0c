import GPT

/// The model on a tape as an engine: what a step costs where every scalar operation is a node. It allocates at will.
public final class TapeEngine: PlainEngine {
  private let model: TapeModel<Float>
  private var names: [Name] = []
  /// Of the last forward pass, and what its gradient is to be multiplied by; nil for an empty shard.
  private var loss: Value<Float>?
  private var scale: Float = 1

  public var shape: Shape { model.shape }

  /// Nodes of the last forward pass, parameters included.
  public var nodes: Int { model.tape.count }

  public init(shape: Shape) { model = TapeModel(shape: shape) }

  public func forward(_ names: UnsafeBufferPointer<Name>, parameters: UnsafePointer<Float>, scale: Double) -> Double {
    self.names = Array(names)
    self.scale = Float(scale)
    model.reset(UnsafeBufferPointer(start: parameters, count: shape.parameterCount))
    loss = names.isEmpty ? nil : sum(names.map { model.loss($0) })
    return Double(loss?.number ?? 0)
  }

  public func backward(
    parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, isFinal: (_ from: Int) -> Void
  ) {
    if let loss { model.tape.backward(from: loss, scale: scale) }
    for (index, parameter) in model.parameters.enumerated() {
      gradient[index] = loss == nil ? 0 : parameter.gradient
    }
    isFinal(0)
  }

  public var work: StepWork { StepWork(shape: shape, apart: names) }
}
