import CSIMD
import Topology

/// This host's energy from its making on, as a counter that goes on. Read so often that none of its parts goes round twice.
final class EnergyCounter {
  private let meter: EnergyMeter
  private var tally: EnergyTally

  /// - Returns: nil where nothing can be read.
  init?() {
    meter = EnergyMeter()
    guard meter.obstacle == nil else { return nil }
    tally = EnergyTally(meter)
    tally.add(meter.read(time: csimd_nanoseconds()))
  }

  /// What is read, for people.
  var source: String { meter.words }

  /// Nil from the first reading on that fails.
  func joules() -> Double? {
    tally.add(meter.read(time: csimd_nanoseconds()))
    return tally.joules
  }
}
