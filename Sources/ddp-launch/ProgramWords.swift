import ArgumentParser

/// What is the program's, after "--": a misspelt option of a command's own is not mistaken for one of the program's.
struct ProgramWords: ParsableArguments {
  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp(
      "After --: a command of ddp-train and its options (train's, where none is named).", valueName: "ddp-train options"
    ))
  var words: [String] = []
}
