import Foundation
import Launch
import Schemas
import Topology
import Values

/// Cores, and the ranks on them.
extension JobFacts {
  /// How many cores a job may use here.
  func coresFinding(_ host: Int) -> Finding {
    let usable = usableCores(on: host)
    let all = hosts[host].cores
    let cpus = cpuList(usable.joined().sorted())
    let threads = usable.joined().count
    var what = usable.count == all.count ? "all \(all.count)" : "\(usable.count) of \(all.count)"
    what += usable.count == 1 && all.count == 1 ? " core" : " cores"
    what += threads > usable.count ? ", \(threads) hardware threads, \(cpus)" : ", \(cpus)"
    if usable.count < all.count { what += "; taskset, a cpuset or a container forbids the others" }
    guard hosts[host].coresAreKnown else {
      return .advice(
        "cores", "\(what); the system does not say which CPUs share a core, so each counts as one",
        do: "make /sys readable here: docker run -v /sys:/sys:ro")
    }
    guard usable.count > 1 || all.count == 1 else {
      return .advice("cores", what, do: "for more ranks than one start it where it may use more cores")
    }
    return .fine("cores", what)
  }

  /// Whether a host has a core for each of its ranks.
  func countFinding(_ host: Int) -> Finding? {
    guard isUnderMPIRun else { return nil }
    let ranks = ranks(on: host).count
    let cores = usableCores(on: host).count
    guard ranks > cores else { return .fine("ranks", "\(plural(ranks, "rank")) on \(plural(cores, "core"))") }
    let threads = usableCores(on: host).joined().count
    var what = "\(plural(ranks, "rank")) on \(plural(cores, "core")): they "
    what +=
      ranks <= threads ? "share floating-point units, as hardware threads do" : "take turns"
    what += ", and all wait for the last"
    if !yields { what += "; a rank that waits keeps its core from the one it waits for" }
    return .problem("ranks", what, do: "start fewer, as below; if it must be so many: \(crowdedCommandLine)")
  }

  /// Whether the ranks of a host are where each can have a core.
  func bindingFinding(_ host: Int) -> Finding? {
    let ranks = ranks(on: host)
    let usable = usableCores(on: host)
    // Ranks are bound to this machine's cores, whichever is described.
    guard isUnderMPIRun, hosts[host].pretended == nil, ranks.count > 1, ranks.count <= usable.count else { return nil }
    let name = { (index: Int) in self.ranks.count == ranks.count ? index : ranks[index] }
    let masks = ranks.map { self.ranks[$0].cpus }
    // Places are cores here, so that two hardware threads of a core count once.
    let places = masks.map { mask in usable.indices.filter { !usable[$0].allSatisfy { !mask.contains($0) } } }
    let crowds = crowds(places)
    guard crowds.isEmpty else {
      let texts = crowds.map { crowd -> String in
        let cpus = Set(crowd.ranks.flatMap { masks[$0] }).sorted()
        let isThreads = cpus.count > crowd.places.count
        let what = "\(rankList(crowd.ranks.map(name))) share \(plural(crowd.places.count, "core")), \(cpuList(cpus))"
        return what + (isThreads && crowd.places.count == 1 ? ", which are its hardware threads" : "")
      }
      return .problem(
        "binding", texts.joined(separator: "; "), do: "bind each rank to a core of its own, with the line below")
    }
    let loose = places.indices.filter { places[$0].count > 1 }
    guard loose.isEmpty else {
      return .advice(
        "binding",
        "\(rankList(loose.map(name))) may move between cores: the system may put two on one core for milliseconds, "
          + "and a step takes less",
        do: "bind them, with the line below")
    }
    let outside = places.indices.filter { !masks[$0].allSatisfy(hosts[host].allowed.contains) }
    guard outside.isEmpty else {
      return .advice(
        "binding",
        "\(rankList(outside.map(name))) may use more than mpirun's own mask, \(cpuList(hosts[host].allowed)): "
          + "--bind-to core does not look at it",
        do: "use the line below, which stays inside the mask")
    }
    return .fine("binding", "each rank has a core of its own")
  }

  /// Whether the processor time pays for the ranks.
  func quotaFinding(_ host: Int) -> Finding {
    guard let quota = hosts[host].quota else { return .fine("quota", "no limit on processor time") }
    let text = String(format: "%.3g", quota)
    let cores = usableCores(on: host).count
    let ranks = wantedRanks(on: host)
    let what = "the cgroup pays for \(text) CPUs"
    if isUnderMPIRun, Double(ranks) > quota + 0.001 {
      return .problem(
        "quota", "\(what), and there are \(plural(ranks, "rank")): the kernel stops them for a part of each period",
        do: "start \(plural(room(on: host), "rank")), or raise cpu.max")
    }
    if Double(cores) > quota + 0.001 {
      let worse =
        quota < 0.999 ? ": even one rank is stopped for a part of each period" : ", fewer than there are cores"
      return .advice("quota", what + worse, do: "start \(plural(room(on: host), "rank")), or raise cpu.max")
    }
    return .fine("quota", what)
  }

  /// Whether somebody else computes here.
  func loadFinding(_ host: Int) -> Finding? {
    guard let load = hosts[host].load else { return nil }
    let free = hosts[host].cores.count - wantedRanks(on: host)
    let text = String(format: "%.1f over the last minute", load)
    // A job that has just ended is in it too, and so is the odd daemon.
    guard load > Double(max(0, free)) + 0.7 else { return .fine("load", text) }
    return .advice(
      "load", "\(text), with \(plural(hosts[host].cores.count, "core")): something else computes here",
      do: "wait for it, or do not believe times")
  }

  /// Whether the cores run at the speed they can.
  func frequencyFinding(_ host: Int) -> Finding? {
    guard let governor = hosts[host].governor else { return nil }
    guard governor == "powersave" || governor == "conservative" else {
      return .fine("frequency", "governor \(governor)")
    }
    return .advice(
      "frequency", "governor \(governor): cores may stay slow",
      do: "as root: echo performance | tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor")
  }
}

/// "CPU 3", "CPUs 0-2,5"
func cpuList(_ cpus: [Int]) -> String { "CPU\(cpus.count == 1 ? "" : "s") \(compactList(cpus))" }

/// "rank 3", "ranks 0-2,5"
func rankList(_ ranks: [Int]) -> String { "rank\(ranks.count == 1 ? "" : "s") \(compactList(ranks))" }
