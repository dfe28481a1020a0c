import TestSupport
import Testing
import Topology

/// Counters as kernels lay them out, with numbers of real machines.
@Suite("counters of energy and sensors of power")
struct EnergyMeterTests {
  private static let second: UInt64 = 1_000_000_000

  /// A file system of its own, as sysfs is.
  private struct Tree {
    let folder: TemporaryFolder
    var root: String { folder.path }

    init(_ files: [String: String]) throws {
      folder = try TemporaryFolder()
      for (name, text) in files { try write(name, text) }
    }

    func write(_ name: String, _ text: String) throws { try folder.file("class/\(name)", text + "\n") }
  }

  /// What is found in files that are gone afterwards.
  private func found(_ files: [String: String]) throws -> EnergyMeter {
    let tree = try Tree(files)
    return withExtendedLifetime(tree.folder) { EnergyMeter(root: tree.root) }
  }

  /// Two sockets with memory of their own, cores that the packages count, and zones that count a second time.
  private static let rapl = [
    "powercap/intel-rapl:0/name": "package-0", "powercap/intel-rapl:0/energy_uj": "262100000000",
    "powercap/intel-rapl:0/max_energy_range_uj": "262143328850",
    "powercap/intel-rapl:0:0/name": "core", "powercap/intel-rapl:0:0/energy_uj": "5",
    "powercap/intel-rapl:0:0/max_energy_range_uj": "262143328850",
    "powercap/intel-rapl:0:1/name": "dram", "powercap/intel-rapl:0:1/energy_uj": "1000000",
    "powercap/intel-rapl:0:1/max_energy_range_uj": "65712999613",
    "powercap/intel-rapl:1/name": "package-1", "powercap/intel-rapl:1/energy_uj": "7000000",
    "powercap/intel-rapl:1/max_energy_range_uj": "262143328850",
    "powercap/intel-rapl:2/name": "psys", "powercap/intel-rapl:2/energy_uj": "9",
    "powercap/intel-rapl:2/max_energy_range_uj": "262143328850",
    "powercap/intel-rapl-mmio:0/name": "package-0", "powercap/intel-rapl-mmio:0/energy_uj": "9",
  ]

  @Test("packages and memory, each once, and a counter that begins again at its end")
  func powercap() throws {
    let tree = try Tree(Self.rapl)
    let meter = EnergyMeter(root: tree.root)
    #expect(meter.obstacle == nil && meter.parts.map(\.name) == ["package-0", "dram", "package-1"])
    #expect(meter.words == "package-0 + dram + package-1")
    var tally = EnergyTally(meter)
    tally.add(meter.read(time: 0))
    #expect(tally.joules == nil, "one reading is no stretch")
    // 43.32885 J to the end and 100 J from there; 2 J; 3 J.
    try tree.write("powercap/intel-rapl:0/energy_uj", "100000000")
    try tree.write("powercap/intel-rapl:0:1/energy_uj", "3000000")
    try tree.write("powercap/intel-rapl:1/energy_uj", "10000000")
    tally.add(meter.read(time: Self.second))
    let joules = try #require(tally.joules)
    #expect(abs(joules - (43.32885 + 100 + 2 + 3)) < 1e-6)
    // A second time round.
    try tree.write("powercap/intel-rapl:0/energy_uj", "50000000")
    tally.add(meter.read(time: 2 * Self.second))
    #expect(abs((tally.joules ?? 0) - (joules + 262143.32885 - 50)) < 1e-6)
  }

  @Test("what lies between two stretches is not counted")
  func pauses() throws {
    let tree = try Tree(Self.rapl)
    let meter = EnergyMeter(root: tree.root)
    var tally = EnergyTally(meter)
    for (index, joules) in [10, 11, 50, 54].enumerated() {
      if index == 2 { tally.pause() }
      try tree.write("powercap/intel-rapl:1/energy_uj", "\(joules)000000")
      tally.add(meter.read(time: UInt64(index)))
    }
    #expect(tally.joules == 5)
  }

  @Test("a counter that was set back, or cannot be read any more, measures nothing")
  func broken() throws {
    let tree = try Tree(Self.rapl)
    let meter = EnergyMeter(root: tree.root)
    var tally = EnergyTally(meter)
    tally.add(meter.read(time: 0))
    try tree.write("powercap/intel-rapl:1/energy_uj", "none")
    tally.add(meter.read(time: 1))
    tally.add(meter.read(time: 2))
    #expect(tally.joules == nil)
    // More than its own end.
    let other = try Tree([
      "powercap/intel-rapl:0/name": "package-0", "powercap/intel-rapl:0/energy_uj": "100",
      "powercap/intel-rapl:0/max_energy_range_uj": "50",
    ])
    let small = EnergyMeter(root: other.root)
    var second = EnergyTally(small)
    second.add(small.read(time: 0))
    try other.write("powercap/intel-rapl:0/energy_uj", "5")
    second.add(small.read(time: 1))
    #expect(second.joules == nil)
  }

  @Test("sockets of amd_energy, without their cores")
  func amdEnergy() throws {
    let tree = try Tree([
      "hwmon/hwmon0/name": "nvme", "hwmon/hwmon0/energy1_input": "1", "hwmon/hwmon1/name": "amd_energy",
      "hwmon/hwmon1/energy1_label": "Ecore000", "hwmon/hwmon1/energy1_input": "4000000",
      "hwmon/hwmon1/energy65_label": "Esocket0", "hwmon/hwmon1/energy65_input": "18446744073709551615",
      "hwmon/hwmon1/energy66_label": "Esocket1", "hwmon/hwmon1/energy66_input": "8000000",
    ])
    let meter = EnergyMeter(root: tree.root)
    #expect(meter.parts.map(\.name) == ["Esocket0", "Esocket1"])
    var tally = EnergyTally(meter)
    tally.add(meter.read(time: 0))
    try tree.write("hwmon/hwmon1/energy66_input", "9500000")
    tally.add(meter.read(time: 1))
    #expect(tally.joules == 1.5)
    // 64 bits have no end that a machine would live to see: less than before is a machine that was set back.
    try tree.write("hwmon/hwmon1/energy65_input", "7")
    tally.add(meter.read(time: 2))
    #expect(tally.joules == nil)
  }

  @Test("power over time: the sockets of a Grace, and the rails of an Altra")
  func power() throws {
    // Attributes of ACPI's meter are the device's own; the module has the sockets in it.
    let grace = try Tree([
      "hwmon/hwmon2/name": "power_meter", "hwmon/hwmon2/device/power1_average": "300000000",
      "hwmon/hwmon2/device/power1_oem_info": "Module Power Socket 0",
      "hwmon/hwmon3/name": "power_meter", "hwmon/hwmon3/device/power1_average": "100000000",
      "hwmon/hwmon3/device/power1_oem_info": "Grace Power Socket 0",
      "hwmon/hwmon4/name": "power_meter", "hwmon/hwmon4/device/power1_average": "60000000",
      "hwmon/hwmon4/device/power1_oem_info": "CPU Power Socket 0",
    ])
    let meter = EnergyMeter(root: grace.root)
    #expect(meter.words == "Grace Power Socket 0")
    var tally = EnergyTally(meter)
    tally.add(meter.read(time: 0))
    try grace.write("hwmon/hwmon3/device/power1_average", "140000000")
    tally.add(meter.read(time: 2 * Self.second))
    #expect(tally.joules == 240, "2 s of 120 W on the average")

    let altra = try found([
      "hwmon/hwmon0/name": "smpro", "hwmon/hwmon0/power1_label": "CPU power", "hwmon/hwmon0/power1_input": "50000000",
      "hwmon/hwmon0/power2_label": "SoC power", "hwmon/hwmon0/power2_input": "20000000",
    ])
    #expect(altra.words == "CPU power + SoC power")
    let whole = try found(["hwmon/hwmon0/name": "power_meter", "hwmon/hwmon0/power1_average": "1"])
    #expect(whole.words == "the whole machine")
  }

  @Test("counters come before sensors; where there is nothing the reason is said")
  func order() throws {
    let both = try found(
      Self.rapl.merging([
        "hwmon/hwmon0/name": "power_meter", "hwmon/hwmon0/power1_average": "1",
      ]) { $1 })
    #expect(both.parts.count == 3)
    let none = try found(["hwmon/hwmon0/name": "coretemp"])
    #expect(none.parts.isEmpty && none.read(time: 0) == nil)
    #expect(none.obstacle == "no counter of energy and no sensor of power")
    // No number in it: as good as shut, whoever asks.
    let shut = try found(["powercap/intel-rapl:0/name": "package-0", "powercap/intel-rapl:0/energy_uj": "?"])
    #expect(shut.parts.isEmpty && shut.obstacle?.contains("intel-rapl:0/energy_uj cannot be read: ") == true)
  }
}
