import Dataset
import TestSupport
import Testing

@Suite struct SplitTests {
  @Test func theDataSet() throws {
    let all = try NameSet(path: PackagePaths.names)
    let split = try all.split()
    let evaluation = try #require(split.evaluation)
    #expect(evaluation.count == 3_203)
    #expect(split.training.count == 28_830)
    #expect(Set(evaluation.spellings).isDisjoint(with: split.training.spellings))
    #expect((split.training.spellings + evaluation.spellings).sorted() == all.spellings.sorted())
    // The rule, applied by an independent program with the reference XXH3, holds out the same names in the same order.
    #expect(evaluation.hash == "2e6363f527f0ba4f63ee487e82c5d1f1")
    #expect(split.training.hash == "8459209a20040f5fd5d46ad7abe38cb7")
  }

  @Test func bothSidesKeepTheOrderOfTheFile() throws {
    let all = try NameSet(path: PackagePaths.names)
    let split = try all.split()
    let heldOut = Set(try #require(split.evaluation).spellings)
    #expect(split.training.spellings == all.spellings.filter { !heldOut.contains($0) })
    #expect(split.evaluation?.spellings == all.spellings.filter { heldOut.contains($0) })
  }

  @Test func theOrderOfTheFileDoesNotMatter() throws {
    let all = try NameSet(path: PackagePaths.names)
    let reversed = try names(all.spellings.reversed().joined(separator: "\n"))
    #expect(try reversed.split().evaluation?.spellings.reversed() == all.split().evaluation?.spellings)
  }

  @Test func theAlphabet() throws {
    let letters = (UInt8(ascii: "a")...UInt8(ascii: "z")).map { String(Unicode.Scalar($0)) }
    let split = try names(letters.joined(separator: "\n")).split()
    #expect(split.evaluation?.spellings == ["u", "y"])
    #expect(split.training.count == 24)
    #expect(split.evaluation?.source == "test.txt (evaluation)")
    #expect(try names(letters.prefix(10).joined(separator: "\n")).split().evaluation?.spellings == ["i"])
  }

  /// Ten to forty names of few spellings: copies must stay together however they fall, and the limit holds.
  @Test(arguments: 10...40)
  func copiesStayTogether(count: Int) throws {
    // Copies grow with the letter: one a, one b, two c, two d, three e, …
    var spellings: [String] = []
    var index = 0
    while spellings.count < count {
      let spelling = String(Unicode.Scalar(UInt8(ascii: "a") + UInt8(index)))
      spellings += Array(repeating: spelling, count: min(index / 2 + 1, count - spellings.count))
      index += 1
    }
    let split = try names(spellings.joined(separator: "\n")).split()
    let evaluation = try #require(split.evaluation)
    // a and b stand alone, so the last place can always be filled.
    #expect(evaluation.count == count / 10)
    #expect(split.training.count == count - count / 10)
    #expect(Set(evaluation.spellings).isDisjoint(with: split.training.spellings))
  }

  @Test func withoutEvaluationNothingIsHeldOut() throws {
    let split = try names("anna\nbob").split(evaluation: false)
    #expect(split.training.spellings == ["anna", "bob"])
    #expect(split.evaluation == nil)
  }

  @Test func tooFewNames() {
    let nine = message { _ = try names("a\nb\nc\nd\ne\nf\ng\nh\ni").split() }
    #expect(nine.contains("test.txt: 9 names, and a tenth of that is no name to evaluate on"))
    #expect(nine.contains("at least 10 names, or train without evaluation"))
    #expect(message { _ = try names("a").split() }.contains("test.txt: 1 name, and"))
  }

  @Test func onlyCopies() {
    let twenty = Array(repeating: "anna\nbob\nzoe\neve\nada", count: 4).joined(separator: "\n")
    let message = message { _ = try names(twenty).split() }
    #expect(message.contains("test.txt: each spelling among the 20 names has more than 2 copies"))
  }
}
