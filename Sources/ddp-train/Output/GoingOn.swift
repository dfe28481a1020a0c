import Foundation
import Launch
import Options
import Values

/// The command that goes on with a run from its checkpoints.
struct GoingOn {
  let plan: RunPlan
  /// One per rank.
  let hosts: [String]

  /// How a script that started the job is to be called again, as words of the shell; `launch` sets it.
  static var launcherWords: String? {
    ProcessInfo.processInfo.environment["DDP_TRAIN_STARTED_BY"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// What the checkpoint knows, what the line has anyway, and what belongs to one process.
  private static let notRepeated: Set = [
    "checkpoint-dir", "resume", "steps", "trace", "trace-steps", "inject-bit-flip",
  ]

  /// A line for the shell. Of a finished run it doubles the steps.
  ///
  /// - Parameter done: steps.
  func command(after done: Int) -> String {
    var words = ["--checkpoint-dir", plan.checkpoints?.folder ?? "", "--resume"]
    if done == plan.settings.steps { words += ["--steps", "\(min(2 * done, Ranges.steps.range.upperBound))"] }
    // Standard input cannot be read again from a checkpoint's word.
    if plan.options.data == "-" { words += ["--data", "-"] }
    words += plan.options.arguments(except: Self.notRepeated.union(RunIdentity.knownOptions))
    return ([Self.launcherWords ?? launcher.map(shellWord).joined(separator: " ")] + words.map(shellWord)).joined(
      separator: " ")
  }

  private var launcher: [String] {
    let program = CommandLine.arguments.first ?? "ddp-train"
    guard hosts.count > 1 else { return [program] }
    var line = JobLine(launcher: MPILauncher(name: "mpirun", path: "mpirun", version: ""))
    line.binding = nil
    if Set(hosts).count > 1 { line.hosts = counted(hosts) } else { line.ranks = hosts.count }
    return line.words([program])
  }

  /// Each host once, in the order of its first rank.
  private func counted(_ hosts: [String]) -> [HostShare] {
    var order: [String] = []
    for host in hosts where !order.contains(host) { order.append(host) }
    return order.map { host in HostShare(itself: host, ranks: hosts.count { $0 == host }) }
  }
}
