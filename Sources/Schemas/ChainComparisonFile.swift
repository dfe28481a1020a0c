/// The results of `verify --compare --json`: where two runs part.
public struct ChainComparisonFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// The folders.
  public var a = "", b = ""
  /// What of the runs differs: settings, names, programs.
  public var differences: [SettingDifference] = []
  /// Links of the same step that both have, and the last step of one.
  public var commonLinks = 0, lastCommonStep = 0
  /// The first segment at whose end bits differ; nil where there is none.
  public var parted: PartedBits?

  public init() {}
}

/// A setting that two runs have different values of.
public struct SettingDifference: FileRecord, Equatable {
  public var key = ""
  /// Nil where a run has no such setting.
  public var a: String?, b: String?

  public init() {}
}
