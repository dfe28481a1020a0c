/// A whole model in training as three flat arrays in canonical order, in memory that somebody else keeps.
public struct ModelArrays {
  /// (P)
  public let parameters: UnsafeMutablePointer<Float>
  /// (P): Adam's running means of the gradient and of its square.
  public let first, second: UnsafeMutablePointer<Float>

  public init(
    parameters: UnsafeMutablePointer<Float>, first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>
  ) {
    (self.parameters, self.first, self.second) = (parameters, first, second)
  }
}
