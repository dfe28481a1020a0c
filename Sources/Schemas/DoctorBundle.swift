/// What `doctor --bundle` writes: what a report of a fault needs, with nothing that names a machine, a person, a folder or
/// an address.
public struct DoctorBundle: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// Of the program.
  public var version = ""
  /// Of the MPI library; and of mpirun, nil where there is none or it was not asked.
  public var openMpi = ""
  public var mpirun: String?
  /// As the system calls itself; empty where it does not.
  public var system = "", systemVersion = ""
  /// Numbers of the kernel's release.
  public var kernel = ""
  public var architecture = ""
  /// The kernel's name for the CPU; empty where it has none.
  public var cpu = ""
  /// In the order of `examination`'s `topologies`.
  public var hosts: [BundledHost] = []
  /// What `doctor --json` prints, with hosts called host-1, host-2, …, and the program ddp-train.
  public var examination = Examination()
  public var limits: [ProcessLimit] = []
  public var environment: [EnvironmentSetting] = []

  public init() {}
}

/// A host of a job.
public struct BundledHost: FileRecord, Equatable {
  /// host-1, host-2, …
  public var host = ""
  public var builtFor = "", cpuHas = ""
  /// 0 where there is no matrix unit.
  public var matrixUnitBits = 0
  /// CPUs' worth of time that a cgroup pays for; nil without a limit.
  public var quota: Double?
  /// Over the last minute.
  public var load: Double?
  /// Nil where it cannot be asked.
  public var sharedMemoryBytes: Int?
  public var temporaryBytes: Int?

  public init() {}
}

/// A limit of a process, by the kernel's name and in its unit: bytes, seconds, or a number.
public struct ProcessLimit: FileRecord, Equatable {
  public var limit = ""
  /// Nil without a limit.
  public var soft: Int?, hard: Int?

  public init() {}
}

/// A variable of the environment.
public struct EnvironmentSetting: FileRecord, Equatable {
  public var name = ""
  /// Nil where it may be private.
  public var value: String?

  public init() {}
}
