import CSIMD

/// A fixed array of numbers on its own cache lines: zero at first and freed with its owner, or in memory that
/// somebody else keeps, such as a window that several ranks share.
///
/// Large ones take memory only where they are really touched.
public struct AlignedBuffer<Element: BitwiseCopyable>: ~Copyable {
  public let pointer: UnsafeMutablePointer<Element>
  /// Elements.
  public let count: Int
  /// Nil where the memory is not this buffer's own.
  private let allocation: UnsafeMutableRawPointer?

  /// - Parameter count: elements; 0 is allowed.
  public init(zeros count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Element>.stride
    guard let allocation = csimd_zeroed_memory(bytes + Self.alignment) else { outOfMemory(bytes) }
    self.allocation = allocation
    pointer = allocation.alignedUp(toMultipleOf: Self.alignment)
      .bindMemory(to: Element.self, capacity: max(count, 1))
    self.count = count
  }

  /// A view of `count` elements at `pointer`, which must begin a cache line and outlive it.
  public init(over pointer: UnsafeMutablePointer<Element>, count: Int) {
    precondition(Int(bitPattern: pointer) % Self.alignment == 0, "the memory does not begin a cache line")
    self.pointer = pointer
    self.count = count
    allocation = nil
  }

  deinit {
    if let allocation { csimd_free_memory(allocation) }
  }

  public var buffer: UnsafeMutableBufferPointer<Element> { .init(start: pointer, count: count) }

  public subscript(index: Int) -> Element {
    get { pointer[index] }
    nonmutating set { pointer[index] = newValue }
  }

  private static var alignment: Int { CacheLine.bytes }
}

/// What cores exchange memory in: two owners' writes should never meet in one.
public enum CacheLine {
  public static var bytes: Int { 64 }
  public static var floats: Int { bytes / MemoryLayout<Float>.stride }

  /// A number of floats, rounded up to multiples of some lines.
  public static func padded(_ count: Int, lines: Int = 1) -> Int {
    let unit = lines * floats
    return (count + unit - 1) / unit * unit
  }
}

/// What happens where the system refuses memory: told how many bytes were wanted, it ends the process. A program of
/// several ranks puts what ends all of them here, before it makes any array.
nonisolated(unsafe) public var outOfMemory: @Sendable (_ bytes: Int) -> Never = { bytes in
  preconditionFailure("out of memory")
}

/// Hands out cache-line-aligned pieces of one array of floats: an engine's activations lie in one block.
///
/// The array belongs to someone else, who keeps it. An arena that owned it would have to be moved out of a
/// variable that was changed before, and Swift 6.2's verifier stops at that.
struct Arena {
  private let start: UnsafeMutablePointer<Float>
  private let count: Int
  private var used = 0

  /// - Parameter storage: floats, the sum of the pieces, each padded to whole cache lines.
  init(_ storage: borrowing AlignedBuffer<Float>) {
    start = storage.pointer
    count = storage.count
  }

  mutating func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    let end = used + CacheLine.padded(count)
    precondition(end <= self.count, "arena too small")
    defer { used = end }
    return start + used
  }
}
