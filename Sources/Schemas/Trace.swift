/// One event of a trace. Source: Google, "Trace Event Format", 2016; the names are that format's.
public struct TraceEvent: FileRecord {
  /// "X" for a slice, "M" for what names a process.
  public var ph = "X"
  /// The rank.
  public var pid = 0
  /// Of a slice: 0.
  public var tid: Int?
  public var name = ""
  /// Of a slice: "step" or "phase".
  public var cat: String?
  /// Of a slice: when it begins, and how long it is, in µs.
  public var ts: Double?, dur: Double?
  public var args = Arguments()

  public struct Arguments: FileRecord {
    /// Of a slice; the first step is 1.
    public var step: Int?
    /// Of `process_name`.
    public var name: String?
    /// Of `process_sort_index`.
    public var sortIndex: Int?

    public init() {}
  }

  public init() {}
}

/// `otherData` of a trace.
public struct TraceOrigin: FileFormat {
  public var program = ""
  public var clocks: [TraceClock] = []
  public var formatVersion: Int? = newestFormat

  public init() {}
}

/// A rank's clock beside rank 0's.
public struct TraceClock: FileRecord {
  public var rank = 0
  /// Whether both are one clock: then the offset was measured and not applied.
  public var shared = false
  public var offsetNs = Double.nan, errorNs = Double.nan

  public init() {}
}
