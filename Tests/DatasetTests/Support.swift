import Dataset

/// The set that `text` holds.
func names(_ text: String, skipInvalid: Bool = false) throws -> NameSet {
  try NameSet(bytes: Array(text.utf8), source: "test.txt", skipInvalid: skipInvalid)
}

extension NameSet {
  /// All names, in order.
  var spellings: [String] { (0..<count).map { self[$0] } }
}
