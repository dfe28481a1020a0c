import GPT
import MPI

/// How gradients of the ranks become one update of the parameters all ranks share.
///
/// A step calls `exchange`, `update` and `publish` once each, in this order, on every rank. None allocates memory of
/// its own.
public protocol GradientSynchronisation: AnyObject {
  /// (P) each: where the rank's engine leaves its shard's gradient, already scaled to the global batch. One; in a
  /// reproducible run one for each of the rank's tree nodes, in their order; none where there are `factors`. They stay
  /// where they are.
  var gradients: [UnsafeMutablePointer<Float>] { get }

  /// Where the rank's engine keeps what gradients are made of, instead of gradients; nil for most strategies.
  var factors: FactorStore? { get }

  /// Where parameters and derived weights are to live; nil where each rank has its own, and writes all of them.
  var replica: Replica? { get }

  /// The ranks that have `replica` in common, and write a part of it each; nil where it is this rank's alone.
  var sharers: Communicator? { get }

  /// Replicas that the ranks of a host share, each by a part of them: 1 but where its memory lies in several domains.
  var domains: Int { get }

  /// The parameters that `update` changes on this rank, and whose moments it keeps: all, a slice, or none, in the engine's
  /// tile order (`ReplicaLayout`). Together the ranks' cover all, and two are equal or apart.
  var slice: Range<Int> { get }

  /// The slice as ranges in canonical order.
  var sliceSpans: [Range<Int>] { get }

  /// Returns when the last rank has arrived, so that its lateness can be told from the exchange itself. What any
  /// rank has written to `replica` before, all see afterwards.
  func waitForAll() throws

  /// Hears, while the backward pass runs, from which index on the gradient will not change any more. Most strategies
  /// wait for all of it.
  func gradientIsFinal(from index: Int)

  /// Brings gradients, losses and requests of all ranks together.
  func exchange(_ own: StepTotals) throws

  /// Updates this rank's `slice` of the parameters with the summed gradient.
  func update(_ slice: AdamSlice, engine: any Engine) throws

  /// Brings the updated parts together: afterwards all ranks see the same parameters, and their engines too.
  ///
  /// - Returns: the sums over all ranks of what `exchange` was given, equal on all.
  func publish(to engine: any Engine) throws -> StepTotals

  /// Gives memory back that ranks share. Collective; the model and the engine are of no use afterwards where they
  /// live in `replica`.
  func close() throws
}

extension GradientSynchronisation {
  public var factors: FactorStore? { nil }

  public var replica: Replica? { nil }

  public var sharers: Communicator? { nil }

  public var domains: Int { 1 }

  /// Of whole stripes.
  public var sliceSpans: [Range<Int>] { [slice] }

  public func gradientIsFinal(from index: Int) {}

  public func close() throws {}
}

/// One rank alone: nothing to exchange, and no MPI. What every other strategy is compared with.
public final class SoloSynchronisation: GradientSynchronisation {
  private let parameterCount: Int
  /// (P); empty where factors are kept instead.
  private let buffer: AlignedBuffer<Float>
  private let store: FactorStore?
  private var totals = StepTotals(lossSum: 0)

  public var gradients: [UnsafeMutablePointer<Float>] { store == nil ? [buffer.pointer] : [] }

  public var factors: FactorStore? { store }

  public var slice: Range<Int> { 0..<parameterCount }

  /// With a gradient.
  public init(parameterCount: Int) {
    self.parameterCount = parameterCount
    buffer = AlignedBuffer(zeros: parameterCount)
    store = nil
  }

  /// With a gradient, or with what it is made of where the settings say so.
  init(_ settings: Settings) {
    parameterCount = settings.shape.parameterCount
    let keepsFactors = settings.strategy == .factors && settings.engine.keepsFactors(at: settings.shape)
    store = keepsFactors ? FactorRoom(settings, ranks: 1).store() : nil
    buffer = AlignedBuffer(zeros: keepsFactors ? 0 : parameterCount)
  }

  public func waitForAll() {}

  public func exchange(_ own: StepTotals) {
    store?.publish()
    totals = own
  }

  public func update(_ slice: AdamSlice, engine: any Engine) {
    if let store {
      engine.adam(slice, factors: store)
      store.clear()
    } else {
      engine.adam(slice, gradient: buffer.pointer)
    }
  }

  public func publish(to engine: any Engine) -> StepTotals { totals }
}
