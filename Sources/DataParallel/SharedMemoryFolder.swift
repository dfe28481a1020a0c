import GPT
import Glibc

/// Where Open MPI puts memory that ranks share: a file system in memory, whose size containers often limit.
public enum SharedMemoryFolder {
  /// Open MPI's default on Linux, or what its own parameter says.
  public static var path: String {
    getenv("OMPI_MCA_osc_sm_backing_directory").map { String(cString: $0) } ?? "/dev/shm"
  }

  /// Bytes left; nil where the system does not tell.
  public static var available: Int? {
    var information = statvfs()
    guard statvfs(path, &information) == 0 else { return nil }
    return Int(information.f_bavail) * Int(information.f_frsize)
  }

  /// Bytes that a host of `ranks` needs for the strategies `shared` and `hierarchical`, in a run that is not
  /// reproducible.
  public static func needed(shape: Shape, engine: EngineOptions, ranks: Int) -> Int {
    HostMemory.bytes(layout: engine.layout(shape: shape), ranks: ranks, gradients: ranks)
  }
}
