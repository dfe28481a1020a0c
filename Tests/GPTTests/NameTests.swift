import GPT
import TestSupport
import Testing

/// The packed name against arrays of tokens.
@Suite struct NameTests {
  /// 16 tokens: the letters, then boundaries.
  static func tokens(_ letters: [UInt8]) -> [Int] {
    Array((letters.map(Int.init) + [Int](repeating: Shape.boundary, count: 16)).prefix(16))
  }

  /// What the packed form says, against what the letters say.
  static func fault(_ letters: [UInt8]) -> String? {
    let name = Name(letters)
    let tokens = tokens(letters)
    guard name.positions == min(16, letters.count + 1) else { return "\(letters): \(name.positions) positions" }
    for p in 0..<16 {
      guard name.target(p) == tokens[p] else { return "\(letters): target \(p) is \(name.target(p))" }
      let input = p == 0 ? Shape.boundary : tokens[p - 1]
      guard name.input(p) == input else { return "\(letters): input \(p) is \(name.input(p))" }
    }
    return nil
  }

  @Test(arguments: 0...20)
  func inputsAndTargets(length: Int) {
    var random = SeededRandom(seed: UInt64(length))
    for _ in 0..<50 { #expect(Self.fault(random.letters(length: length...length)) == nil) }
    // The extremes of a byte's letters, where a carry between bytes would show.
    for letter in [0, 25] as [UInt8] {
      #expect(Self.fault([UInt8](repeating: letter, count: length)) == nil)
    }
  }

  @Test func dataSet() throws {
    let names = try PackagePaths.readNames()
    #expect(names.count == 32033)
    #expect(names.lazy.compactMap(Self.fault).first == nil)
    #expect(names.allSatisfy { (2...15).contains($0.count) })
  }

  /// Names of the set and none but they, up to the 16th letter.
  @Test func tableContains() {
    var random = SeededRandom(seed: 3)
    let names = randomNames(300, alphabet: 3, random: &random)
    let table = NameTable(names)
    let others = (0..<300).map { _ in Name(random.letters(length: 1...6, alphabet: 3)) }
    #expect(names.allSatisfy(table.contains))
    #expect(others.allSatisfy { table.contains($0) == names.contains($0) })
    #expect(others.contains { table.contains($0) } && others.contains { !table.contains($0) })
    #expect(!NameTable([]).contains(Name("anna")))
    #expect(NameTable([Name("abcdefghijklmnopq")]).contains(Name("abcdefghijklmnop")))
  }

  /// Order is that of the tokens, in which the boundary comes last: "ab" before "a".
  @Test(arguments: [1, 2, 26])
  func orderAndCommonPrefix(alphabet: Int) {
    var random = SeededRandom(seed: UInt64(alphabet))
    let samples = (0..<120).map { _ in random.letters(length: 0...20, alphabet: alphabet) }
    for a in samples {
      for b in samples {
        let (left, right) = (Self.tokens(a), Self.tokens(b))
        let common = zip(left, right).prefix { $0 == $1 }.count
        guard Name(a).commonPrefix(Name(b)) == common, (Name(a) < Name(b)) == left.lexicographicallyPrecedes(right),
          (Name(a) == Name(b)) == (left == right), Name(a) != Name(b) || Name(a).hashValue == Name(b).hashValue
        else {
          Issue.record("\(a) and \(b), which share \(common) tokens")
          return
        }
      }
    }
  }

  @Test func emptyName() {
    #expect(Name() == Name([]))
    #expect(Name().positions == 1)
    #expect(Name().target(0) == Shape.boundary)
  }

  @Test func lettersBehindTheSixteenthAreLeftOut() {
    let long = Name("abcdefghijklmnopq")
    #expect(long == Name("abcdefghijklmnopz"))
    #expect(long == Name("abcdefghijklmnop"))
    #expect(long != Name("abcdefghijklmnoz"))
    #expect(long.positions == 16)
  }

  @Test func tableIsSorted() throws {
    let table = try readTable()
    #expect(table.count == 32033)
    #expect(zip(table.names, table.names.dropFirst()).allSatisfy { $0 <= $1 })
  }
}
