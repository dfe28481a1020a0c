import Dataset
import GPT

extension NameSet {
  /// The names as the model sees them.
  public var table: NameTable {
    NameTable((0..<count).map { index in letters(of: index).withUnsafeBufferPointer { Name(letters: $0) } })
  }
}
