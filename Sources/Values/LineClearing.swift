import Synchronization

/// What a message on standard error begins with where a line of progress may stand, of this process or of another one of
/// its job: what clears that line.
public enum LineClearing {
  /// To the line's begin, and clears it from there.
  public static let code = "\r\u{1b}[K"

  private static let isNeeded = Atomic<Bool>(false)

  /// From now on a line of progress may stand there.
  public static func begin() { isNeeded.store(true, ordering: .relaxed) }

  /// Empty where no such line is drawn in this job.
  public static var start: String { isNeeded.load(ordering: .relaxed) ? code : "" }
}
