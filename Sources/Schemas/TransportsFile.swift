/// The results of `bench --sync --transports`.
public struct TransportsFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// The instruction set the program was built for.
  public var isa = ""
  public var origin: Origin?
  /// A row for each transport and width; of a transport that could not be measured one.
  public var transports: [TransportResult] = []

  public init() {}
}

/// One synchronisation of two ranks over one transport, beside one core's step. Times are medians in µs.
public struct TransportResult: FileRecord {
  /// "window", "memory", "loopback", "delay"
  public var transport = ""
  /// For people.
  public var title = ""
  public var strategy = ""
  /// Of a packet between two hosts; nil on one host.
  public var delayUs: Int?
  /// Why nothing was measured; nil where it was.
  public var missing: String?
  /// C, B and N; nil where nothing was measured, as are all that follow.
  public var c: Int?, batch: Int?, ranks: Int?
  /// How each rank computed.
  public var engine: String?
  /// From the last rank's arrival to the end of the step, without the update.
  public var syncUs: Double?
  /// A step of the ranks, and one of one core with the same batch.
  public var usPerStep: Double?, singleCoreUsPerStep: Double?
  /// The synchronisation over one core's step.
  public var syncShare: Double?
  /// `MPI_Allreduce` of a gradient by itself, over this transport.
  public var bareAllreduceUs: Double?

  public init() {}
}
