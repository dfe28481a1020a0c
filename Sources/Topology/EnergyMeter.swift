import Glibc

/// What this machine says of the energy that its processors take: counters where there are any, otherwise sensors of power.
/// All of it is the machine's, whoever uses it.
///
/// Sources: the kernel's "Power Capping Framework", "Naming and data format standards for sysfs files" (hwmon), and its pages
/// on amd_energy, smpro-hwmon, xgene-hwmon and the ACPI power meter.
public struct EnergyMeter: Sendable, Equatable {
  /// What is read, each a part of the machine that no other one counts.
  public let parts: [Part]
  /// Why nothing can be read; nil where something can.
  public let obstacle: String?

  public struct Part: Sendable, Equatable {
    /// "package-0", "dram", "CPU power"
    public let name: String
    let path: String
    let kind: Kind
  }

  enum Kind: Sendable, Equatable {
    /// Microjoules since some moment; nil for a counter that never comes to its end, otherwise the number after which it
    /// begins again.
    case energy(end: UInt64?)
    /// Microwatts at this moment, or of the last one.
    case power
  }

  /// What all parts said at one moment.
  public struct Reading: Sendable, Equatable {
    /// In the order of the parts: microjoules or microwatts.
    var values: [UInt64]
    /// In nanoseconds, of any clock that goes on.
    var time: UInt64
  }

  /// For tests of the program: where sysfs is, instead of /sys.
  public static let testVariable = "DDP_TRAIN_TEST_SYSFS"

  /// Looks for what can be read.
  ///
  /// - Parameter root: where sysfs is; nil for this machine's.
  public init(root: String? = nil) {
    let root = root ?? getenv(Self.testVariable).map { String(cString: $0) } ?? "/sys"
    let found = [Self.powercap(root), Self.hwmonEnergy(root), Self.hwmonPower(root)]
    let readable = found.lazy.map { parts in parts.filter { number(at: $0.path) != nil } }.first { !$0.isEmpty } ?? []
    parts = readable
    if !readable.isEmpty {
      obstacle = nil
    } else if let shut = found.joined().first {
      obstacle = "\(shut.path) cannot be read: \(String(cString: strerror(reason(for: shut.path))))"
    } else {
      obstacle = "no counter of energy and no sensor of power"
    }
  }

  /// - Parameter time: in nanoseconds.
  /// - Returns: nil where a part cannot be read any more.
  public func read(time: UInt64) -> Reading? {
    let values = parts.compactMap { number(at: $0.path) }
    return parts.isEmpty || values.count < parts.count ? nil : Reading(values: values, time: time)
  }

  /// "package-0 and dram", for people.
  public var words: String {
    var names: [String] = []
    for part in parts where !names.contains(part.name) { names.append(part.name) }
    return names.joined(separator: " + ")
  }

  // MARK: - what there may be

  /// Intel's and AMD's RAPL: a zone for each package. Memory is no part of it, and has a zone below it; the cores are.
  private static func powercap(_ root: String) -> [Part] {
    let zones = paths(root + "/class/powercap/intel-rapl:*")
    return zones.compactMap { zone in
      let name = text(at: zone + "/name") ?? ""
      // psys counts packages once more; a zone of intel-rapl-mmio does, too.
      guard name.hasPrefix("package") || name == "dram" else { return nil }
      return Part(name: name, path: zone + "/energy_uj", kind: .energy(end: number(at: zone + "/max_energy_range_uj")))
    }
  }

  /// Of the drivers that count in hwmon: amd_energy, whose cores are parts of its sockets.
  private static func hwmonEnergy(_ root: String) -> [Part] {
    devices(root, named: ["amd_energy"]).flatMap { device in
      paths(device + "/energy*_input").compactMap { path in
        let label = text(at: path.dropSuffix("_input") + "_label") ?? ""
        return label.hasPrefix("Esocket") ? Part(name: label, path: path, kind: .energy(end: nil)) : nil
      }
    }
  }

  /// Of processors: the rails of an Ampere Altra and of an X-Gene, AMD's family 15h, and what ACPI has of an NVIDIA Grace;
  /// otherwise ACPI's meter of the whole machine.
  private static func hwmonPower(_ root: String) -> [Part] {
    let rails = devices(root, named: ["smpro", "apm_xgene", "fam15h_power"]).flatMap { device in
      paths(device + "/power*_input").map { path in
        Part(name: text(at: path.dropSuffix("_input") + "_label") ?? "processor", path: path, kind: .power)
      }
    }
    guard rails.isEmpty else { return rails }
    let meters = devices(root, named: ["power_meter"]).compactMap { device -> Part? in
      // Attributes of this driver are the device's own.
      let places = [device, device + "/device"]
      guard let place = places.first(where: { exists($0 + "/power1_average") }) else { return nil }
      let name = text(at: place + "/power1_oem_info") ?? ""
      return Part(name: name, path: place + "/power1_average", kind: .power)
    }
    let sockets = meters.filter { $0.name.hasPrefix("Grace Power Socket") }
    guard sockets.isEmpty else { return sockets }
    return meters.prefix(1).map { Part(name: "the whole machine", path: $0.path, kind: $0.kind) }
  }

  private static func devices(_ root: String, named drivers: [String]) -> [String] {
    paths(root + "/class/hwmon/hwmon*").filter { drivers.contains(text(at: $0 + "/name") ?? "") }
  }
}

/// Energy between readings, added up. A counter that comes to its end goes round once between two readings at most, so
/// they must not be far apart: a large machine's goes round in minutes.
public struct EnergyTally: Sendable {
  private let meter: EnergyMeter
  private var last: EnergyMeter.Reading?
  private var microjoules = 0.0
  private var isBroken = false

  public init(_ meter: EnergyMeter) { self.meter = meter }

  /// Nil where a reading failed, a counter was set back, or there were fewer than two readings.
  public var joules: Double? { isBroken || count < 2 ? nil : microjoules * 1e-6 }

  /// Readings so far.
  public private(set) var count = 0

  /// - Parameter reading: nil where it failed.
  public mutating func add(_ reading: EnergyMeter.Reading?) {
    guard let reading else {
      isBroken = true
      return
    }
    if let last { add(from: last, to: reading) }
    last = reading
    count += 1
  }

  /// Begins a stretch of its own: what lies before the next reading is not counted.
  public mutating func pause() { last = nil }

  private mutating func add(from before: EnergyMeter.Reading, to after: EnergyMeter.Reading) {
    for (index, part) in meter.parts.enumerated() {
      let (old, new) = (before.values[index], after.values[index])
      switch part.kind {
      case .power:
        let seconds = Double(after.time - before.time) * 1e-9
        microjoules += (Double(old) + Double(new)) / 2 * seconds
      case .energy(let end):
        if new >= old {
          microjoules += Double(new - old)
        } else if let end, old <= end {
          microjoules += Double(end - old) + Double(new)
        } else {
          isBroken = true
        }
      }
    }
  }
}

// MARK: - sysfs

/// What matches a pattern, in order.
private func paths(_ pattern: String) -> [String] {
  var found = glob_t()
  defer { globfree(&found) }
  guard glob(pattern, 0, nil, &found) == 0 else { return [] }
  return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
}

private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Why a file cannot be read, as in errno; a file that can has no number in it.
private func reason(for path: String) -> CInt {
  guard let file = fopen(path, "re") else { return errno }
  fclose(file)
  return EINVAL
}

/// The first line without the spaces around it; nil where the file cannot be read.
private func text(at path: String) -> String? {
  guard let file = fopen(path, "re") else { return nil }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  guard fgets(&line, CInt(line.count), file) != nil else { return nil }
  let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  let whole = String(decoding: bytes, as: UTF8.self)
  return String(whole.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
}

private func number(at path: String) -> UInt64? { text(at: path).flatMap { UInt64($0) } }

extension String {
  fileprivate func dropSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
