import Foundation

/// Files of the package, wherever it lies and from wherever its tests are run.
public enum PackagePaths {
  public static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../..").standardized.path

  /// A file by its path from the package's root.
  public static func file(_ path: String) -> String { "\(root)/\(path)" }

  public static let names = file("data/names.txt")

  /// The five reference runs, without directory and extension.
  public static let goldenNames = ["d16-h4-b16", "d32-h4-b16", "d48-h3-b5", "d64-h4-b16", "d128-h8-b7"]

  public static func golden(_ name: String) -> String { file("Tests/golden/\(name).safetensors") }

  /// The lines of data/names.txt as letters 0…25, in the file's order.
  public static func readNames() throws -> [[UInt8]] {
    try String(contentsOfFile: names, encoding: .utf8).split(separator: "\n").map { line in
      line.utf8.map { $0 - UInt8(ascii: "a") }
    }
  }
}
