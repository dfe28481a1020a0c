import Chain
import GPT
import Values

/// A link as a checkpoint's metadata has it.
public struct ChainEntry: Sendable, Equatable {
  public let link: ChainLink
  /// As it is said to be.
  public let digest: Digest

  /// What links of a run have in common, as it goes on.
  public struct Terms: Sendable {
    public var program: String
    public var names: Digest
    public var settings: [String: String]

    public init(program: String, names: Digest, settings: [String: String]) {
      (self.program, self.names, self.settings) = (program, names, settings)
    }
  }

  /// - Throws: `ChainError` where there is no libcrypto.
  public init(_ link: ChainLink) throws(ChainError) {
    self.link = link
    digest = try link.digest(SHA256())
  }

  /// - Returns: nil of a checkpoint whose run keeps no chain.
  /// - Throws: `CheckpointError` where the entries are not all there.
  public init?(_ checkpoint: Checkpoint) throws(CheckpointError) {
    let metadata = checkpoint.metadata
    guard metadata[Key.format] != nil else { return nil }
    func text(_ key: String) throws(CheckpointError) -> String {
      guard let text = metadata[key] else { throw CheckpointError(.damaged, checkpoint.path, "it has no \(key)") }
      return text
    }
    // Each has been checked with the file, where it is there.
    func digest(_ text: some StringProtocol) -> Digest { Digest(hex: text) ?? .zeros }
    let previous = try text(Key.previous).split(separator: " ")
    let keys = try text(Key.settings).split(separator: " ").map(String.init)
    var settings: [String: String] = [:]
    for key in keys { settings[key] = try text(key) }
    let entries = CheckpointFormat.entries(averaged: checkpoint.averagedSteps > 0)
    let roots = try text(Key.roots).split(separator: " ")
    guard roots.count == entries.count else {
      throw CheckpointError(.damaged, checkpoint.path, "its \(Key.roots) are not one for each tensor")
    }
    link = ChainLink(
      number: Int(written: try text(Key.number)) ?? 0, step: checkpoint.step,
      previousStep: Int(written: String(previous[0])) ?? 0, previous: digest(previous[1]),
      program: try text("program-version"), names: digest(try text(Key.names)),
      averagedSteps: checkpoint.averagedSteps, settings: settings,
      tensors: zip(entries, roots).map { entry, root in
        TensorRoot(
          name: entry.name, type: entry.type.rawValue, shape: checkpoint.shape.extents(entry.tensor), root: digest(root)
        )
      })
    self.digest = digest(try text(Key.link))
  }

  /// Without what other entries of a checkpoint say: step, settings, program, sums.
  var metadata: [String: String] {
    [
      Key.format: "\(ChainLink.formatVersion)", Key.number: "\(link.number)",
      Key.previous: "\(link.previousStep) \(link.previous)", Key.names: "\(link.names)",
      Key.settings: link.settings.keys.sorted().joined(separator: " "),
      Key.roots: link.tensors.map { "\($0.root)" }.joined(separator: " "), Key.link: "\(digest)",
    ]
  }

  enum Key {
    static let format = "chain-format"
    static let number = "chain-number"
    static let previous = "chain-previous"
    static let names = "chain-names"
    static let settings = "chain-settings"
    static let roots = "chain-roots"
    static let link = "chain-link"
  }

  /// Entries that are nothing to people.
  public static let digestKeys: Set = [Key.format, Key.number, Key.previous, Key.settings, Key.roots]
}

extension Checkpoint {
  /// The digests of its tensors as they are, whatever its link says of them.
  ///
  /// - Throws: `ChainError` where there is no libcrypto.
  public func roots() throws(ChainError) -> [TensorRoot] {
    try CheckpointFormat.roots(shape, averaged: averagedSteps > 0, try SHA256()) { entry, root throws(ChainError) in
      try bytes(of: entry.name, root)
    }
  }
}

extension ChainEntry {
  /// What is wrong with a link beside the checkpoint that it is in: of tensors, settings and link one is not what it was.
  ///
  /// - Throws: `ChainError` where there is no libcrypto.
  public func defect(in checkpoint: Checkpoint) throws(ChainError) -> String? {
    let changed = zip(link.tensors, try checkpoint.roots()).filter { $0.0 != $0.1 }.map { $0.0.name }
    if !changed.isEmpty {
      return "has other bits in \(changed.joined(separator: ", ")) than its link has the digest of"
    }
    return try ChainEntry(link).digest == digest ? nil : "has settings, or digests, that are not those of its link"
  }
}
