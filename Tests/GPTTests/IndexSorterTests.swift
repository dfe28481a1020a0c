import GPT
import Testing

@Suite("sorted indices")
struct IndexSorterTests {
  /// Bounds of one digit, two, three and four; as many values as are inserted and as are counted; each many times over.
  @Test(arguments: [1, 2, 3, 256, 257, 32_033, 65_537, 1 << 24, 1 << 32], [0, 1, 2, 15, 63, 64, 65, 1000])
  func sorted(bound: Int, count: Int) {
    let sorter = IndexSorter(most: count, bound: bound)
    var random = SystemRandomNumberGenerator()
    let largest = UInt32(truncatingIfNeeded: bound - 1)
    let any = (0..<count).map { _ in UInt32.random(in: 0...largest, using: &random) }
    for values in [any, any.sorted(), any.sorted(by: >), Array(repeating: largest, count: count)] {
      var own = values
      own.withUnsafeMutableBufferPointer { sorter.sort($0) }
      #expect(own == values.sorted())
    }
  }

  /// A batch ramp sorts fewer than the sorter has room for.
  @Test func fewerThanTheMost() {
    let sorter = IndexSorter(most: 1000, bound: 100)
    for count in [0, 3, 70, 1000] {
      var values = (0..<count).map { UInt32(99 - $0 % 100) }
      let expected = values.sorted()
      values.withUnsafeMutableBufferPointer { sorter.sort($0) }
      #expect(values == expected)
    }
  }
}
