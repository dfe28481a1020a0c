/// What the single-core story that this program carries to many ranks says of itself ("Model dynamics": best loss within
/// a second, fastest time to a loss, convergence). One M5 core, B = 16 but for the time to 2.0. It writes bits per
/// character; the numbers are nats per prediction, of the training loss.
enum SeedPoints {
  struct Point {
    /// Wall seconds.
    var seconds: Double
    var loss: Double
  }

  static let machine = "eemicrogpt, one M5 core"

  static let points = [
    // The best within about one second, of C = 16, 32, 64 and 128.
    Point(seconds: 1, loss: 2.0869), Point(seconds: 1, loss: 2.0747), Point(seconds: 1, loss: 2.0974),
    Point(seconds: 1, loss: 2.1645),
    // Time to a loss below 2.0, with C = 32 and B = 64.
    Point(seconds: 5.1, loss: 2.0),
    // A million steps of C = 64, "about 10 minutes".
    Point(seconds: 600, loss: 1.74),
  ]

  /// Those that do not press a sweep of these seconds into a corner.
  static func near(_ seconds: [Double]) -> [Point] {
    guard let fastest = seconds.min(), let slowest = seconds.max() else { return [] }
    return points.filter { (fastest / 10...slowest * 10).contains($0.seconds) }
  }
}
