import GPT
import Options
import Reference

/// Holds an engine against the project's reference runs before it is timed: a fast wrong step is worth nothing.
///
/// (The coarse exponential is wrong on purpose.)
///
/// - Throws: `OptionError` where it is out of bounds, or no reference is to be found.
func requireCorrect(_ engine: EngineOptions) throws {
  guard engine.exponential != .coarse else { return }
  let files = ProjectFiles.references()
  guard !files.isEmpty else { throw CommandFailure("Tests/golden is not to be found: nothing to validate against") }
  for file in files {
    guard ReferenceCheck(try ReferenceCase(path: file), engine: engine).passed else {
      throw CommandFailure("the engine is out of bounds on \(file); run `ddp-train check \(file)`")
    }
  }
}
