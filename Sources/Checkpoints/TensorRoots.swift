import Chain
import GPT
import SafeTensors

extension CheckpointFormat {
  /// A tensor of the model in a checkpoint's file.
  struct Entry {
    let name: String
    let type: ElementType
    let tensor: Tensor
    /// Of `families`; `momentum`, or `sums`.
    let array: Int

    static let momentum = families.count
    static let sums = families.count + 1
  }

  /// All tensors of the model, in the order of the file.
  static func entries(averaged: Bool, momentum: Bool = false) -> [Entry] {
    func all(_ family: String, _ type: ElementType, _ array: Int) -> [Entry] {
      Tensor.allCases.map { Entry(name: family + $0.name, type: type, tensor: $0, array: array) }
    }
    return families.enumerated().flatMap { all($1, .float32, $0) }
      + (momentum ? all(outerMomentum, .float32, Entry.momentum) : [])
      + (averaged ? all(sums, .float64, Entry.sums) : [])
  }

  /// Name and type of all tensors of the model, in the order of the file, and which parameters each is about.
  public static func tensors(averaged: Bool) -> [(name: String, type: String, parameter: String)] {
    entries(averaged: averaged).map { ($0.name, $0.type.rawValue, $0.tensor.name) }
  }

  /// The digests of all tensors of the model, in the order of the file.
  ///
  /// - Parameter bytes: of each, little-endian.
  static func roots(
    _ shape: Shape, averaged: Bool, _ hasher: borrowing SHA256,
    _ bytes: (Entry, (UnsafeRawBufferPointer) throws(ChainError) -> Digest) throws(ChainError) -> Digest
  ) throws(ChainError) -> [TensorRoot] {
    var roots: [TensorRoot] = []
    for entry in entries(averaged: averaged) {
      let root = try bytes(entry) { buffer throws(ChainError) in try BlockTree.root(of: buffer, hasher) }
      roots.append(
        TensorRoot(name: entry.name, type: entry.type.rawValue, shape: shape.extents(entry.tensor), root: root))
    }
    return roots
  }
}

extension ModelArrays {
  /// The digests of all tensors, as of a checkpoint that holds this model.
  ///
  /// - Parameter averaged: whether the sums are among them.
  /// - Throws: `ChainError` where there is no libcrypto.
  public func roots(_ shape: Shape, averaged: Bool) throws(ChainError) -> [TensorRoot] {
    let hasher = try SHA256()
    let arrays = [parameters, first, second]
    return try CheckpointFormat.roots(shape, averaged: averaged, hasher) { entry, root throws(ChainError) in
      let (offset, count) = (shape.offset(entry.tensor), shape.count(entry.tensor))
      guard entry.array < arrays.count else {
        guard let sums else { preconditionFailure("the model has no sums") }
        return try root(UnsafeRawBufferPointer(start: sums + offset, count: 8 * count))
      }
      return try root(UnsafeRawBufferPointer(start: arrays[entry.array] + offset, count: 4 * count))
    }
  }
}
