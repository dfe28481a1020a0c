import Glibc

/// What there is room for in a folder.
public struct FolderRoom: Codable, Equatable, Sendable {
  public var path: String
  /// Bytes left; nil where the folder cannot be asked.
  public var free: Int?
  public var isWritable: Bool

  public init(path: String, free: Int?, isWritable: Bool) {
    (self.path, self.free, self.isWritable) = (path, free, isWritable)
  }

  /// Asks the system.
  public init(asking path: String) {
    var information = statvfs()
    let answered = statvfs(path, &information) == 0
    self.init(
      path: path, free: answered ? Int(information.f_bavail) * Int(information.f_frsize) : nil,
      isWritable: access(path, W_OK | X_OK) == 0)
  }

  /// Where Open MPI puts memory that ranks share: a file system in memory, whose size containers often limit.
  public static var sharedMemory: FolderRoom {
    // Open MPI's default on Linux, or what its own parameter says.
    FolderRoom(asking: getenv("OMPI_MCA_osc_sm_backing_directory").map { String(cString: $0) } ?? "/dev/shm")
  }

  /// Where Open MPI keeps files of a job.
  public static var temporary: FolderRoom {
    let value = ["TMPDIR", "TEMP", "TMP"].lazy.compactMap { (name: String) in getenv(name) }.first
    return FolderRoom(asking: value.map { String(cString: $0) } ?? "/tmp")
  }
}
