import CSIMD

/// The names of a data set, sorted, so that a sorted batch is sorted by letters and neighbours share prefixes.
public final class NameTable: Sendable {
  public let names: [Name]

  public init(_ names: [Name]) { self.names = names.sorted() }

  /// - Parameter names: ascending.
  public init(sorted names: [Name]) { self.names = names }

  public var count: Int { names.count }

  public func contains(_ name: Name) -> Bool {
    names.withUnsafeBufferPointer { names in
      var (low, high) = (0, names.count)
      while low < high {
        let middle = (low + high) / 2
        if names[middle] < name { low = middle + 1 } else { high = middle }
      }
      return low < names.count && names[low] == name
    }
  }

  /// Copies the names with some indices, in their order.
  ///
  /// - Returns: their predicted positions together.
  @discardableResult
  public func copy(_ indices: UnsafeBufferPointer<UInt32>, to target: UnsafeMutablePointer<Name>) -> Int {
    names.withUnsafeBufferPointer { names in
      guard let first = names.baseAddress else { return 0 }
      var positions = 0
      for slot in indices.indices {
        // A step's own data has driven the names from the caches.
        csimd_prefetch_to_read(first + Int(indices[min(slot &+ Self.ahead, indices.count &- 1)]))
        let name = names[Int(indices[slot])]
        positions += name.positions
        target[slot] = name
      }
      return positions
    }
  }

  /// Names that are on their way from memory at once.
  private static let ahead = 12
}
