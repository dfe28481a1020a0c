/// What the single-core story that this program carries to many ranks says of itself ("Model dynamics": best loss within
/// a second, fastest time to a loss, convergence). One M5 core, B = 16 but for the time to 2.0. It writes bits per
/// character; the numbers are nats per prediction, of the training loss.
enum SeedPoints {
  struct Point {
    var name: String
    /// Wall seconds.
    var seconds: Double
    var loss: Double
  }

  static let machine = "eemicrogpt, one M5 core"

  static let points = [
    // Best within about one second.
    Point(name: "d16", seconds: 1, loss: 2.0869), Point(name: "d32", seconds: 1, loss: 2.0747),
    Point(name: "d64", seconds: 1, loss: 2.0974), Point(name: "d128", seconds: 1, loss: 2.1645),
    // Time to a loss below 2.0, at B = 64.
    Point(name: "d32", seconds: 5.1, loss: 2.0),
    // A million steps, "about 10 minutes".
    Point(name: "d64", seconds: 600, loss: 1.74),
  ]
}
