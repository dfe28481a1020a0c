/// How much supervision puts up with. All times are in seconds.
public struct SupervisionLimits: Equatable, Sendable {
  /// Failures in a row without a later step to begin at, after which it gives up; 0 for a job that is started once and
  /// never again, whatever becomes of it.
  public var attempts: Int
  /// A job that has come no further for so long is ended. Infinity for one that may take as long as it likes.
  public var stall: Double
  /// How long a full disk is waited for, from the first failure because of it, without a later step to begin at.
  public var diskPatience: Double
  /// Where ranks connect to, for messages.
  public var address: String

  public init(attempts: Int = 3, stall: Double = 60, diskPatience: Double = 3600, address: String = "") {
    (self.attempts, self.stall) = (attempts, stall)
    (self.diskPatience, self.address) = (diskPatience, address)
  }

  var startsAgain: Bool { attempts > 0 }
}
