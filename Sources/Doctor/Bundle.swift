import DataParallel
import Foundation
import Launch
import Schemas

extension DoctorBundle {
  /// Findings are made anew from facts that name nobody: what they say in words needs no search for names.
  init(_ facts: JobFacts, version: String, paying: PayingRanks?) {
    let facts = facts.anonymous
    let files = SystemFiles()
    self.init {
      ($0.version, $0.openMpi, $0.mpirun) = (version, facts.launcher.libraryVersion, facts.launcher.version)
      ($0.system, $0.systemVersion) = (files.release("ID"), files.release("VERSION_ID"))
      ($0.kernel, $0.architecture) = kernelAndArchitecture()
      $0.cpu = files.line(of: ["model name", "CPU part"], in: "/proc/cpuinfo")
      $0.hosts = facts.hosts.map(\.bundled)
      $0.examination = Examination(facts, paying: paying)
      $0.limits = files.processLimits()
      $0.environment = publicSettings(ProcessInfo.processInfo.environment)
    }
  }
}

extension JobFacts {
  /// The same facts of machines, folders and programs without names of their own.
  var anonymous: JobFacts {
    var facts = self
    let names = Numbering(hosts.map(\.name), prefix: "host-")
    let addresses = Numbering(hosts.flatMap(\.addresses).filter { !isOfThisHost($0) }, prefix: "address-")
    for index in facts.hosts.indices {
      facts.hosts[index].name = names[hosts[index].name]
      facts.hosts[index].addresses = hosts[index].addresses.map { isOfThisHost($0) ? $0 : addresses[$0] }
      facts.hosts[index].pretended = hosts[index].pretended.map { String($0.prefix { $0 != "=" }) }
      if hosts[index].temporary.path != "/tmp" { facts.hosts[index].temporary.path = "$TMPDIR" }
    }
    (facts.program, facts.binder) = ("ddp-train", binder.map { _ in ["ddp-launch", "bind"] })
    return facts
  }
}

/// Names as numbers, in the order in which they come.
private struct Numbering {
  private let names: [String]
  private let prefix: String

  init(_ names: [String], prefix: String) {
    self.names = names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    self.prefix = prefix
  }

  subscript(name: String) -> String { "\(prefix)\((names.firstIndex(of: name) ?? names.count) + 1)" }
}

extension HostFacts {
  fileprivate var bundled: BundledHost {
    BundledHost {
      ($0.host, $0.builtFor, $0.cpuHas, $0.matrixUnitBits) = (name, builtFor, cpuHas, sme2Bits)
      ($0.quota, $0.load) = (quota, load)
      ($0.sharedMemoryBytes, $0.temporaryBytes) = (sharedMemory.free, temporary.free)
    }
  }
}

extension SystemFiles {
  /// A value of os-release, without its quotation marks.
  fileprivate func release(_ key: String) -> String {
    lines("/etc/os-release").first { $0.hasPrefix(key + "=") }
      .map { $0.dropFirst(key.count + 1).trimmingCharacters(in: ["\"", "'"]) } ?? ""
  }

  /// The value of the first of these keys that a file has.
  fileprivate func line(of keys: [String], in path: String) -> String {
    let lines = lines(path)
    return keys.lazy.compactMap { key in lines.first { $0.hasPrefix(key) } }.first?
      .split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces) ?? ""
  }
}

extension SystemFiles {
  /// This process's own.
  func processLimits() -> [ProcessLimit] {
    lines("/proc/self/limits").compactMap { line in
      guard let columns = line.wholeMatch(of: /Max ([a-z ]*[a-z]) +([0-9]+|unlimited) +([0-9]+|unlimited)( .*)?/) else {
        return nil
      }
      return ProcessLimit {
        ($0.limit, $0.soft, $0.hard) = (String(columns.1), Int(columns.2), Int(columns.3))
      }
    }
  }
}

/// The kernel's release and the machine's architecture. What follows the release's numbers is whoever's that built it.
private func kernelAndArchitecture() -> (release: String, architecture: String) {
  var name = utsname()
  guard uname(&name) == 0 else { return ("", "") }
  func text<Field>(_ field: Field) -> String {
    withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
  let release = text(name.release).prefixMatch(of: /[0-9]+([.-][0-9]+)*/)
  return (release.map { String($0.output.0) } ?? "", text(name.machine))
}
