import Foundation
import MPI
import Schemas
import Values

extension Origin {
  /// Of what this process measures.
  init(of world: Communicator) {
    self.init {
      // A rank may be bound to one of them: the machine's are counted.
      ($0.cpu, $0.cpus) = (Machine.cpuName, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
      ($0.version, $0.date) = (packageVersion, Machine.now)
      $0.command = Machine.commandLine(world)
    }
  }
}
