import Values

/// What one rank of a job says of itself.
public struct LifeSign: Equatable, Sendable {
  /// From 0, of the whole job.
  public var rank: Int
  /// On its host, as the host numbers it.
  public var process: Int32
  public var host: String
  /// Steps done.
  public var step: Int
  public var stage: RunStage
  /// Whole seconds that it has been at this step and stage.
  public var seconds: Int
  /// Whole seconds since its own last beat, as the rank of its host that speaks for it sees it; 0 if it is well.
  public var silentFor: Int = 0

  public init(
    rank: Int, process: Int32, host: String, step: Int, stage: RunStage, seconds: Int, silentFor: Int = 0
  ) {
    (self.rank, self.process, self.host) = (rank, process, host)
    (self.step, self.stage, self.seconds) = (step, stage, seconds)
    self.silentFor = silentFor
  }
}
