import Foundation

/// Refuses a result that would overwrite one of the command's inputs or another of its results, under whatever name:
/// of two options that lead to the same file one would destroy what the other is for.
///
/// - Parameters:
///   - inputs: options and the paths that they name.
/// - Throws: `DestinationError` for the first such result, naming both options.
public func requireDistinct(
  _ outputs: [Destination], inputs: [(option: String, path: String)]
) throws(DestinationError) {
  var known: [FileIdentity: String] = [:]
  for (descriptor, name) in [(STDERR_FILENO, "standard error"), (STDOUT_FILENO, "standard output")] {
    if let identity = FileIdentity(ofFileAt: descriptor) { known[identity] = name }
  }
  for input in inputs {
    if let identity = FileIdentity(path: input.path) { known[identity] = "\(input.option) \(input.path)" }
  }
  for output in outputs {
    guard let identity = output.identity else { continue }
    if let other = known[identity] {
      throw DestinationError(
        option: output.option, path: output.path, reason: "is the same file as \(other), and would overwrite it")
    }
    known[identity] = "\(output.option) \(output.path)"
  }
}
