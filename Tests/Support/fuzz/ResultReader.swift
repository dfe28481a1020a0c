import Foundation
import Schemas

extension Reader {
  /// What `compare` reads and no other command does.
  ///
  /// - Parameter jsons: of `bench`, `bench --sync`, `ladder` and `predict`.
  static func results(_ jsons: [[UInt8]]) -> Reader {
    Reader(
      name: "results", seeds: jsons, words: reportWords, longest: 1 << 17, make: changed,
      readBytes: { try examine(ResultFile(json: Data($0))) },
      readFile: { try examine(ResultFile(json: try Data(contentsOf: URL(fileURLWithPath: $0)))) },
      kind: reportKind)
  }

  private static func examine(_ file: ResultFile) throws {
    guard [.bench, .strategies, .ladder, .predict].contains(file.kind) else { return }
    try examine(file.tree)
    _ = file.tree.line
  }

  private static func examine(_ value: JSONTree) throws {
    switch value {
    case .null, .truth, .text: break
    case .count(let count): try require(0...(1 << 50) ~= count, "a result's number of \(count)")
    case .number(let number): try require(abs(number) <= 1e15 || !number.isFinite, "a result's figure of \(number)")
    case .list(let values): for value in values { try examine(value) }
    case .object(let fields): for field in fields { try examine(field.value) }
    }
  }
}
