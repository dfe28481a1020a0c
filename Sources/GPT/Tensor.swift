/// The model's nine parameter tensors, in their one canonical order.
///
/// All parameters live in one flat array in this order, each tensor row-major as (outputs, inputs): the order
/// in files, in hashes and on the wire. Wq, Wk and Wv are neighbours, so that they are also one (3C, C) matrix.
public enum Tensor: Int, CaseIterable, Sendable {
  case tokenEmbedding, positionEmbedding, query, key, value, attentionOutput, expand, contract, head

  /// The name in safetensors files.
  public var name: String {
    switch self {
    case .tokenEmbedding: "wte"
    case .positionEmbedding: "wpe"
    case .query: "layer0.attn_wq"
    case .key: "layer0.attn_wk"
    case .value: "layer0.attn_wv"
    case .attentionOutput: "layer0.attn_wo"
    case .expand: "layer0.mlp_fc1"
    case .contract: "layer0.mlp_fc2"
    case .head: "lm_head"
    }
  }
}

extension Shape {
  /// Rows (outputs) of a tensor.
  public func rows(_ tensor: Tensor) -> Int {
    switch tensor {
    case .tokenEmbedding, .head: Shape.vocabulary
    case .positionEmbedding: Shape.context
    case .query, .key, .value, .attentionOutput, .contract: dModel
    case .expand: feedForward
    }
  }

  /// Columns (inputs) of a tensor.
  public func columns(_ tensor: Tensor) -> Int {
    tensor == .contract ? feedForward : dModel
  }

  public func count(_ tensor: Tensor) -> Int { rows(tensor) * columns(tensor) }

  /// Where a tensor begins in the flat array, in elements.
  public func offset(_ tensor: Tensor) -> Int {
    var offset = 0
    for earlier in Tensor.allCases where earlier.rawValue < tensor.rawValue { offset += count(earlier) }
    return offset
  }

  /// The tensor's elements in the flat array.
  public func range(_ tensor: Tensor) -> Range<Int> { offset(tensor)..<offset(tensor) + count(tensor) }

  /// P
  public var parameterCount: Int {
    var sum = 0
    for tensor in Tensor.allCases { sum += count(tensor) }
    return sum
  }
}
