import Files
import Glibc
import Values

/// What a host has of all that a job needs, as `ddp-launch inventory` prints it there.
struct HostInventory: Equatable, Sendable {
  /// What the host calls itself.
  var name: String
  /// XXH3-128 of the program's file, and of those that it chooses from: 32 hexadecimal digits; nil where it cannot be read.
  var program: String?
  /// The first line of its --version.
  var version: String
  /// The first line of mpirun's --version.
  var mpirun: String
  /// XXH3-128 of ddp-launch.
  var launcher: String?
  /// Cores that can work.
  var cores: Int

  private enum Key: String, CaseIterable { case name, program, version, mpirun, launcher, cores }
  private static let longestValue = 200
  private static let nothing = "-"

  /// A line for each: a word, a tab, the answer.
  var text: String {
    let values: [(Key, String)] = [
      (.name, name), (.program, program ?? Self.nothing), (.version, version), (.mpirun, mpirun),
      (.launcher, launcher ?? Self.nothing), (.cores, "\(cores)"),
    ]
    return values.map { "\($0.rawValue)\t\($1)\n" }.joined()
  }

  init(
    name: String, program: String?, version: String, mpirun: String, launcher: String?, cores: Int
  ) {
    (self.name, self.program, self.version, self.mpirun) = (name, program, version, mpirun)
    (self.launcher, self.cores) = (launcher, cores)
  }

  /// Whatever a host may answer: nothing of it is taken that is not what it should be.
  ///
  /// - Returns: nil where something is missing, too long, twice, or no name or number at all. What the host's login prints
  ///   before is left out.
  init?(answer: String) {
    var values: [Key: String] = [:]
    for line in answer.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let key = Key(rawValue: String(parts[0])) else { continue }
      guard values.updateValue(String(parts[1]), forKey: key) == nil, parts[1].utf8.count <= Self.longestValue else {
        return nil
      }
    }
    func hash(_ key: Key) -> String?? {
      guard let value = values[key] else { return .none }
      if value == Self.nothing { return .some(nil) }
      return value.utf8.count == 32 && value.allSatisfy(\.isHexDigit) ? .some(value) : .none
    }
    guard let name = values[.name], HostShare.isName(name), let program = hash(.program),
      let launcher = hash(.launcher),
      let version = values[.version], let mpirun = values[.mpirun],
      let cores = values[.cores].flatMap({ Int($0) }), 1...HostShare.mostRanks ~= cores
    else { return nil }
    self.init(name: name, program: program, version: version, mpirun: mpirun, launcher: launcher, cores: cores)
  }

  /// Of this host.
  ///
  /// - Parameters:
  ///   - program, mpirun, launcher: paths of what a job needs.
  ///   - seconds: for each to say its version.
  init(program: String, mpirun: String, launcher: String, within seconds: Double = CallLimits().version) async {
    async let version = Self.version(of: program, within: seconds)
    async let other = Self.version(of: mpirun, within: seconds)
    self.init(
      name: ownHostName(), program: programHash(of: program), version: await version, mpirun: await other,
      launcher: contentHash(of: launcher), cores: UsableCores.ofThisHost().count)
  }

  private static func version(of path: String, within seconds: Double) async -> String {
    let answer = await askVersion(of: path, within: seconds)
    let line = (answer?.output ?? "").split(separator: "\n").first ?? "nothing"
    var text = escaped(String(line.prefix(longestValue)))
    while text.utf8.count > longestValue { text.unicodeScalars.removeLast() }
    return text
  }
}

private func askVersion(of path: String, within seconds: Double) async -> LimitedCall.Answer? {
  await LimitedCall(words: [path, "--version"], seconds: seconds).answer()
}

/// What `ddp-launch inventory` prints.
///
/// - Parameters: paths of what a job needs.
public func inventoryText(program: String, mpirun: String, launcher: String) async -> String {
  await HostInventory(program: program, mpirun: mpirun, launcher: launcher).text
}

/// The first line that a program says of it where it does not start, not even for --version; nil where it does.
public func whyNotStarted(_ program: String) async -> String? {
  await whyNotStarted(program, within: CallLimits().version)
}

func whyNotStarted(_ program: String, within seconds: Double) async -> String? {
  guard let answer = await askVersion(of: program, within: seconds) else {
    return "it cannot be started, or does not answer within \(Int(seconds)) s"
  }
  if answer.code == 0 { return nil }
  return answer.errors.split(whereSeparator: \.isNewline).first.map(String.init) ?? "it says nothing"
}

/// What this host calls itself.
public func ownHostName() -> String {
  var name = utsname()
  guard uname(&name) == 0 else { return "localhost" }
  return withUnsafeBytes(of: name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

/// XXH3-128 of a program. A bundle's chooses, by the CPU, from others beside it (launch/bundled/start.c): of all of them then.
private func programHash(of path: String) -> String? {
  let parts = [path] + choices(of: path)
  let hashes = parts.map(contentHash)
  guard let first = hashes[0], hashes.count > 1 else { return hashes[0] }
  var hasher = ContentHasher()
  for hash in [first] + hashes.dropFirst().map({ $0 ?? "" }) { Array(hash.utf8).withUnsafeBytes { hasher.update($0) } }
  return hasher.hexDigest()
}

/// The files beside a program whose names are its own and "-for-…", in order.
private func choices(of path: String) -> [String] {
  let prefix = "\(name(of: path))-for-"
  guard let folder = opendir(folder(of: path)) else { return [] }
  defer { closedir(folder) }
  var found: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    if name.hasPrefix(prefix) { found.append("\(Files.folder(of: path))/\(name)") }
  }
  return found.sorted()
}

/// XXH3-128 of a file, 32 hexadecimal digits; nil where it cannot be read.
func contentHash(of path: String) -> String? {
  let number = open(path, O_RDONLY | O_CLOEXEC)
  guard number >= 0 else { return nil }
  let descriptor = Descriptor(number)
  var hasher = ContentHasher()
  var part = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = read(descriptor.number, &part, part.count)
    if count == 0 { return hasher.hexDigest() }
    guard count > 0 else { return nil }
    part.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
  }
}
