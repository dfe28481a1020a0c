import Foundation
import Logging
import MPI
import Values

/// Diagnostics on standard error, one line each, with level, rank and host.
struct RankLogHandler: LogHandler {
  let rank: Int
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let extra = (event.metadata ?? [:]).merging(metadata) { own, _ in own }
      .map { " \($0.key)=\($0.value)" }.sorted().joined()
    writeToStandardError(
      event.level.emphasis, "\(event.level)", "rank \(rank) on \(Environment.processorName): \(event.message)\(extra)")
  }

  /// The program's logger. DDP_TRAIN_LOG names the lowest level shown: debug, info (default), warning, …
  static func logger(rank: Int) -> Logger {
    var logger = Logger(label: "ddp-train") { _ in RankLogHandler(rank: rank) }
    let wanted = ProcessInfo.processInfo.environment["DDP_TRAIN_LOG"]
    logger.logLevel = wanted.flatMap { Logger.Level(rawValue: $0) } ?? .info
    return logger
  }
}

extension Logger.Level {
  /// Nil for what is no reason to worry.
  fileprivate var emphasis: Emphasis? {
    switch self {
    case .error, .critical: .error
    case .warning: .warning
    default: nil
    }
  }
}
