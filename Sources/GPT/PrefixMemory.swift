/// What is known of prefixes: the distribution of the token after each, and where its continuations are.
///
/// A tree from the empty prefix on, in one array: a prefix is 256 bytes that lie together, for a draw needs both halves.
/// It holds what has been asked for, up to a limit.
final class PrefixMemory {
  /// The most prefixes.
  let capacity: Int
  private(set) var count = 0
  private let storage: AlignedBuffer<Float>

  /// Floats of a prefix: 32 cumulative probabilities, then 32 numbers of continuations.
  static let row = 64

  init(capacity: Int) {
    self.capacity = capacity
    storage = AlignedBuffer(zeros: capacity * Self.row)
  }

  /// (capacity, 32), rows `row` floats apart.
  var cumulative: UnsafeMutablePointer<Float> { storage.pointer }

  /// Makes room for another prefix, whose distribution is not known yet.
  @inline(__always)
  func add() -> Int32 {
    count += 1
    return Int32(count - 1)
  }

  /// The prefix with one token more: its number and whether it is new.
  @inline(__always)
  func continuation(of prefix: Int32, by token: Int) -> (prefix: Int32, isNew: Bool) {
    let place = UnsafeMutableRawPointer(storage.pointer + Int(prefix) * Self.row + Self.row / 2) + 4 * token
    let known = place.load(as: Int32.self)
    // The empty prefix, number 0, continues none.
    guard known == 0 else { return (known, false) }
    let new = add()
    place.storeBytes(of: new, as: Int32.self)
    return (new, true)
  }

  func forgetAll() {
    storage.pointer.update(repeating: 0, count: count * Self.row)
    count = 0
  }
}
