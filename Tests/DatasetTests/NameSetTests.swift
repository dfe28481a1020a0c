import Dataset
import Files
import TestSupport
import Testing

@Suite struct NameSetTests {
  @Test(arguments: [
    "anna\nbob\nzoe\n",
    "anna\nbob\nzoe",
    "anna\r\nbob\r\nzoe\r\n",
    "anna\r\nbob\r\nzoe",
    "\u{FEFF}anna\nbob\nzoe\n",
    "  anna\t\n\tbob \r\n zoe  ",
    "\n\nanna\n \t\n\r\nbob\n\nzoe\n\n\n",
    "ANNA\nBob\nzOE\n",
  ])
  func sameNamesHoweverTheFileIsWritten(text: String) throws {
    let set = try names(text)
    #expect(set.spellings == ["anna", "bob", "zoe"])
    #expect(set.hash == (try names("anna\nbob\nzoe").hash))
    #expect(set.skippedLines == 0)
    #expect(set.longNames == 0)
  }

  @Test func lettersAreCountedFromA() throws {
    let set = try names("az\nm")
    #expect(Array(set.letters(of: 0)) == [0, 25])
    #expect(Array(set.letters(of: 1)) == [12])
    #expect(set.letters(of: 0).count == 2)
    #expect(set.source == "test.txt")
  }

  @Test func copiesAndOrderAreKept() throws {
    #expect(try names("bob\nanna\nbob").spellings == ["bob", "anna", "bob"])
  }

  @Test func namesBeyondFifteenLettersAreCounted() throws {
    let lengths = [1, 2, 14, 15, 16, 17, 40]
    let set = try names(lengths.map { String(repeating: "a", count: $0) }.joined(separator: "\n"))
    #expect(lengths.indices.map { set.letters(of: $0).count } == lengths)
    #expect(set.longNames == 3)
  }

  @Test func invalidLinesAreSkippedAndCountedOnRequest() throws {
    let set = try names("anna\nmary-ann\nbob\nJosé\nmary ann\n\nzoe", skipInvalid: true)
    #expect(set.spellings == ["anna", "bob", "zoe"])
    #expect(set.skippedLines == 3)
  }

  @Test func hashTellsContentsApart() throws {
    let contents = ["anna\nbob", "bob\nanna", "annab\nob", "annabob", "anna", "anna\nbob\nbob"]
    let hashes = Set(try contents.map { try names($0).hash })
    #expect(hashes.count == contents.count)
    // Computed by the reference implementation over the bytes "anna\nbob".
    #expect(try names("Anna\r\nBob\r\n").hash == "42170647394334a58c7489bcb4dcb37f")
  }

  @Test func theDataSet() throws {
    let set = try NameSet(path: PackagePaths.names)
    #expect(set.count == 32_033)
    let lengths = (0..<set.count).map { set.letters(of: $0).count }
    #expect(lengths.min() == 2)
    #expect(lengths.max() == 15)
    #expect(set.longNames == 0)
    #expect(set.skippedLines == 0)
    #expect(set[0] == "emma")
    #expect(set[set.count - 1] == "zzyzx")
    #expect(lengths.reduce(0, +) + set.count == 228_146, "the positions that are predicted")
    // The file is in canonical form, so this is what `xxhsum -H128 data/names.txt` prints.
    #expect(set.hash == "5669512b6ecbdacf45fe935e81638dcd")
  }
}

@Suite struct ContentHasherTests {
  @Test(arguments: [1, 63, 64, 255, 256, 1000, 65_536, 200_000])
  func cutsDoNotMatter(pieceSize: Int) {
    let bytes = (0..<200_000).map { UInt8($0 % 251) }
    var hasher = ContentHasher()
    bytes.withUnsafeBytes { all in
      for start in stride(from: 0, to: all.count, by: pieceSize) {
        hasher.update(.init(rebasing: all[start..<min(start + pieceSize, all.count)]))
      }
    }
    // Both values are the reference implementation's.
    #expect(hasher.hexDigest() == "b0b4a8995101f27bf0543157a23a8634")
    #expect(hasher.digest() == (0xf054_3157_a23a_8634, 0xb0b4_a899_5101_f27b))
  }

  @Test func nothingHasAHash() {
    var hasher = ContentHasher()
    #expect(hasher.hexDigest() == "99aa06d3014798d86001c324468d497f")
    hasher.update(UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(hasher.hexDigest() == "99aa06d3014798d86001c324468d497f")
  }
}
