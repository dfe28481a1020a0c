/// An object of a file that leaves the program. It is made of defaults, and its fields are set by their names:
/// `ScalingCost { $0.c = 16; $0.batch = 8 }`. Numbers that nobody sets are not numbers.
public protocol FileRecord: Codable, Sendable { init() }

extension FileRecord {
  public init(_ set: (inout Self) throws -> Void) rethrows {
    self.init()
    try set(&self)
  }
}

/// The outermost object of a file.
public protocol FileFormat: FileRecord {
  /// 1; nil in files of release 0.1.0. New keys are optional and do not change it; it grows where a key goes or changes
  /// its meaning.
  var formatVersion: Int? { get set }
}

/// The newest version there is, of all formats.
public let newestFormat = 1
