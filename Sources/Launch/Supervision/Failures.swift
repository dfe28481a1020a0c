/// Failures without progress, and how long to wait after them.
struct Failures {
  /// In a row that began at the same step or an earlier one.
  private(set) var count = 0
  /// The latest step that an attempt began at; nil before the first.
  private(set) var lastBegun: Int?
  /// The same failures where a disk was full, which are not in `count`.
  private var fullCount = 0
  private var fullSince: Double?

  /// An attempt has failed. A later begin than ever is progress: only what is in a checkpoint counts.
  mutating func note(begun: Int?) {
    guard let begun, begun > lastBegun ?? -1 else { return }
    lastBegun = begun
    (count, fullCount, fullSince) = (0, 0, nil)
  }

  /// - Returns: seconds until the next attempt: 0, 1, 2, 4, 8, then 30. At once the first time; what fails again may
  ///   need the time: a host that starts, a file system that is away.
  mutating func add() -> Double {
    count += 1
    return count < 2 ? 0 : count < 6 ? Double(1 << (count - 2)) : 30
  }

  /// - Returns: seconds until the next attempt: 1, 2, 4, …, 60; nil where a disk has been full for as long as it may
  ///   be.
  mutating func addFullDisk(at now: Double, patience: Double) -> Double? {
    let since = fullSince ?? now
    fullSince = since
    fullCount += 1
    guard now - since < patience else { return nil }
    return fullCount < 7 ? Double(1 << (fullCount - 1)) : 60
  }
}
