/// What a job's processes and files carry on every host, and no other job's: what is left of it after a kill is found by it.
public struct JobPlace: Equatable, Sendable {
  /// Random: nobody can prepare what is called by it.
  public let name: String
  /// The folder for files of Open MPI's daemons and for messages between them, below the hosts' folder for temporary files.
  public let temporary: String

  /// The folder for memory that ranks of one host share.
  public var sharedMemory: String { "/dev/shm/\(Self.prefix)\(name)" }
  /// All of them, the same on each host.
  public var folders: [String] { [sharedMemory, temporary] }

  /// What the names of all these folders begin with.
  public static let prefix = "ddp-train."

  /// - Parameters:
  ///   - name: letters and digits.
  ///   - folder: for temporary files, on all hosts.
  public init(name: String, temporaryFiles folder: String) {
    (self.name, temporary) = (name, "\(folder)/\(Self.prefix)\(name)")
  }
}
