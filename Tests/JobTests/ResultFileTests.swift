import TestSupport
import Testing

extension Jobs {
  @Suite("files for results")
  struct ResultFiles {
    /// Measuring would take hours.
    @Test(
      "one that cannot be written is found before anything is measured",
      arguments: [
        (Start.alone, "bench --json"), (.ranks(2), "bench --sync --json"), (.alone, "predict --json"),
        (.ranks(2), "predict --json"), (.alone, "ladder --json"), (.ranks(2), "ladder --json"),
        (.ranks(2), "scaling --json"), (.alone, "scaling --csv"),
      ])
    func unwritable(start: Start, command: String) throws {
      let words = command.split(separator: " ").map(String.init)
      let option = try #require(words.last)
      for (path, reason) in [("/nowhere/results", "there is no folder /nowhere"), ("/", "is a directory, not a file")] {
        let result = try ddpTrain(start, [words[0], "--seconds", "3600"] + words.dropFirst() + [path])
        expectFailure(result, saying: "\(option) \(path): \(reason)")
        #expect(result.stdout == "", "\(result)")
      }
    }

    @Test("looking leaves no file, and a file as it was")
    func untouched() throws {
      let folder = try TemporaryFolder()
      let old = try folder.file("old", "of before")
      for json in [old, folder.path("new")] {
        let result = try ddpTrain(.alone, ["scaling", "--seconds", "3600", "--json", json, "--csv", "/nowhere/csv"])
        expectFailure(result, saying: "--csv /nowhere/csv: there is no folder /nowhere")
      }
      #expect(try folder.names == ["old"] && folder.text("old") == "of before")
    }
  }
}
