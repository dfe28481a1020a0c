import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGUSR1 as a request that the training loop reads between steps.
///
/// A signal may reach one rank only, or each at another step; the request therefore travels with the gradients,
/// and all ranks stop behind the same step. A second SIGINT ends the process at once. The others may come twice: from
/// a scheduler that tells all processes, and from mpirun, which passes them on.
public enum StopSignal {
  private static let received = Atomic<Bool>(false)

  public static var isRequested: Bool { received.load(ordering: .relaxed) }

  public static func install() {
    for number in [SIGINT, SIGTERM, SIGUSR1] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { _ in StopSignal.received.store(true, ordering: .relaxed) }
      action.sa_flags = SA_RESTART | (number == SIGINT ? CInt(bitPattern: UInt32(SA_RESETHAND)) : 0)
      sigaction(number, &action, nil)
    }
  }
}
