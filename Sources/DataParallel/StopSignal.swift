import Glibc
import Synchronization

/// SIGINT and SIGTERM as a request that the training loop reads between steps.
///
/// A signal may reach one rank only, or each at another step; the request therefore travels with the gradients,
/// and all ranks stop behind the same step. A second signal ends the process at once.
public enum StopSignal {
  private static let received = Atomic<Bool>(false)

  public static var isRequested: Bool { received.load(ordering: .relaxed) }

  public static func install() {
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { _ in StopSignal.received.store(true, ordering: .relaxed) }
      action.sa_flags = CInt(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
      sigaction(number, &action, nil)
    }
  }
}
