import GPT
import MPI

/// All-reduces that run while the backward pass does: the gradient in buckets from its end to its beginning, the order
/// in which it becomes final, each started as soon as it is.
///
/// Open MPI moves data only inside its calls, so the backward pass lets it have a look between matrix products.
///
/// Cost on N ranks with k buckets: at best what `AllReduceSynchronisation` costs for the last bucket, and Adam; at
/// worst k latencies more. Messages in flight take the core's time too: on one host, where a core copies every byte
/// itself, little is gained.
///
/// The order of the sum is the library's, the buckets' sizes are fixed: runs repeat to the bit.
///
/// Source: Li et al., "PyTorch Distributed: Experiences on accelerating data parallel training", 2020, §3.2.
public final class OverlapSynchronisation: GradientSynchronisation {
  private let world: Communicator
  private let count: Int
  /// Floats in front of the gradient: a cache line, whose last three are the tail. The last bucket has it.
  private static let front = CacheLine.floats
  /// (front + P)
  private let message: AlignedBuffer<Float>
  /// Buckets of the message, from its end to its beginning.
  private let buckets: [Range<Int>]
  /// (buckets): those started and not finished.
  private let requests: UnsafeMutablePointer<Request?>
  private var started = 0
  private var finished = 0
  /// What went wrong while the backward pass ran, which cannot throw.
  private var failure: MPIError?

  private var gradient: UnsafeMutablePointer<Float> { message.pointer + Self.front }

  public var gradients: [UnsafeMutablePointer<Float>] { [gradient] }

  public var slice: Range<Int> { 0..<count }

  private var tail: UnsafeMutablePointer<Float> { gradient - StepTail.count }

  /// - Parameter bucketKiB: at least 1.
  public init(parameterCount: Int, bucketKiB: Int, world: Communicator) {
    self.world = world
    count = parameterCount
    message = AlignedBuffer(zeros: Self.front + parameterCount)
    buckets = Self.buckets(
      of: Self.front - StepTail.count..<Self.front + parameterCount, size: bucketKiB * 1024 / MemoryLayout<Float>.stride
    )
    requests = .allocate(capacity: buckets.count)
    for index in buckets.indices { (requests + index).initialize(to: nil) }
  }

  deinit {
    requests.deinitialize(count: buckets.count)
    requests.deallocate()
  }

  /// Cuts a range into pieces of `size` from its end; the last one, at its beginning, has what is left.
  static func buckets(of range: Range<Int>, size: Int) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var end = range.upperBound
    while end > range.lowerBound {
      let start = max(end - size, range.lowerBound)
      result.append(start..<end)
      end = start
    }
    return result
  }

  public func waitForAll() throws { try world.barrier() }

  /// Starts the buckets that have become final, and lets MPI work on those before. The bucket with the tail is
  /// never among them: it also waits for the loss.
  public func gradientIsFinal(from index: Int) {
    guard failure == nil else { return }
    do throws(MPIError) {
      while started < buckets.count - 1, buckets[started].lowerBound >= index + Self.front { try start() }
      try progress()
    } catch {
      failure = error
    }
  }

  public func exchange(_ own: StepTotals) throws {
    if let failure { throw failure }
    StepTail.write(own, to: tail)
    while started < buckets.count { try start() }
    while finished < started {
      if let request = requests[finished].take() { try request.wait() }
      finished += 1
    }
    (started, finished) = (0, 0)
  }

  private func start() throws(MPIError) {
    let bucket = buckets[started]
    requests[started] = try world.iallReduce(
      inPlace: UnsafeMutableBufferPointer(start: message.pointer + bucket.lowerBound, count: bucket.count), .sum)
    started += 1
  }

  private func progress() throws(MPIError) {
    guard finished < started else { return }
    // One look moves all messages, whichever it looks at.
    if try requests[finished]?.test() == true {
      requests[finished] = nil
      finished += 1
    }
  }

  public func update(_ slice: AdamSlice, engine: any Engine) { engine.adam(slice, gradient: gradient) }

  public func publish(to engine: any Engine) -> StepTotals { StepTail.read(tail) }
}
