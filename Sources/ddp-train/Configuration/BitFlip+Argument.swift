import ArgumentParser
import DataParallel

extension BitFlip: ExpressibleByArgument {
  /// From `rank,step`.
  public init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let rank = parts[0], let step = parts[1], rank >= 0, step >= 1 else { return nil }
    self.init(rank: rank, step: step)
  }
}
