import Testing

@testable import ddp_train

@Suite("the command line before the parser sees it")
struct CommandLineWordsTests {
  @Test(
    "a negative number belongs to the option before it",
    arguments: [
      ("--steps -3", "--steps=-3"), ("--batch 3 -3 4", "--batch 3 --batch=-3 4"), ("--rate -.5e3", "--rate=-.5e3"),
      ("--flip -1,2", "--flip=-1,2"), ("--rate=1 -inf", "--rate=1 --rate=-inf"),
      // These are none, or no option's.
      ("--steps --quiet", "--steps --quiet"), ("--json - -h", "--json - -h"), ("check -3", "check -3"),
      ("--report page -3", "--report page -3"), ("--steps 3 -- -3", "--steps 3 -- -3"),
    ])
  func negative(words: String, joined: String) {
    let split = words.split(separator: " ").map(String.init)
    #expect(CommandLineWords.joiningNegativeNumbers(split).joined(separator: " ") == joined)
  }

  @Test("what a parser says becomes one line, with the help that has more")
  func oneLine() {
    #expect(CommandLineWords.oneLine("No value.\nTry", command: "info") == "No value. Try; see ddp-train info --help")
    #expect(CommandLineWords.oneLine("Did you mean '--a'?", command: "info") == "Did you mean '--a'?")
    #expect(
      CommandLineWords.oneLine("Unknown option '--versio'", command: "train")
        == "Unknown option '--versio'. Did you mean '--version'?")
    #expect(
      CommandLineWords.oneLine("Unknown option '--colour'", command: "train")
        == "Unknown option '--colour'; see ddp-train train --help")
  }
}
