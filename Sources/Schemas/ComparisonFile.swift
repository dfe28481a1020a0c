/// The results of `compare`: two results of one command, A and B.
public struct ComparisonFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  public var kind: String? = "comparison"
  /// That wrote both: "bench --sync".
  public var command = ""
  /// The files.
  public var a = "", b = ""
  /// How machines, programs and options differ.
  public var differences: [OriginDifference] = []
  /// Of rows that both have.
  public var figures: [FigureComparison] = []
  public var onlyInA: [String] = [], onlyInB: [String] = []

  public init() {}
}

/// One thing that is not the same where A and B come from.
public struct OriginDifference: FileRecord, Equatable {
  /// "cpu", "version", "options", …
  public var what = ""
  /// Nil where the file does not say.
  public var a: String?, b: String?

  public init() {}
}

/// One figure in A and in B.
public struct FigureComparison: FileRecord {
  /// What the row is of: "C 16, B 16, simd".
  public var row = ""
  /// The figure's key in A and B.
  public var figure = ""
  public var a = Double.nan, b = Double.nan
  /// B / A; nil unless both are numbers above 0.
  public var ratio: Double?
  /// Its interval; nil where the files hold no spread of this figure.
  public var ratioLow: Double?, ratioHigh: Double?
  /// Of what the interval is made: "steps", the inner 80 % of single values; "median", 95 % intervals of the medians;
  /// "seeds", order statistics of runs.
  public var intervalOf: String?
  /// Whether 1 lies outside the interval; nil without one.
  public var isMoreThanNoise: Bool?

  public init() {}
}
