import Foundation

/// fuzz ROOT FOLDER SEED AMOUNT [READER]: damaged inputs for every reader, or for one. AMOUNT is seconds, an equal time
/// for each (20), or a number of inputs of each (100000x).
/// fuzz ROOT --replay FILE: reads one input that was kept; its ending says by which reader.
///
/// ROOT is the package's folder. A crash leaves its input in FOLDER as input.READER, and its number in FOLDER/number.
@main struct Fuzz {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      if arguments.count == 3, arguments[1] == "--replay" {
        try replay(arguments[2], root: arguments[0])
      } else if 4...5 ~= arguments.count, let seed = UInt64(arguments[2]), let amount = Amount(arguments[3]) {
        try run(
          root: arguments[0], folder: arguments[1], seed: seed, amount: amount, only: arguments.dropFirst(4).first)
      } else {
        fail("usage: fuzz ROOT FOLDER SEED AMOUNT [READER], or fuzz ROOT --replay FILE", code: 64)
      }
    } catch let fault as Fault {
      fail(fault.reason, code: 1)
    } catch {
      fail("an error that this reader should not throw: \(error)", code: 1)
    }
  }

  private static func run(root: String, folder: String, seed: UInt64, amount: Amount, only: String?) throws {
    let readers = try readers(root).filter { only == nil || $0.name == only }
    guard !readers.isEmpty else { fail("there is no such reader", code: 64) }
    for reader in readers {
      let campaign = Campaign(reader: reader, seed: seed, folder: folder)
      let tally = try campaign.run(amount.share(of: readers.count))
      for line in tally.lines(reader.name) { print(line) }
    }
  }

  private static func replay(_ path: String, root: String) throws {
    guard let reader = try readers(root).first(where: { path.hasSuffix(".\($0.name)") }) else {
      fail("\(path): its ending names no reader", code: 64)
    }
    let outcomes = try Campaign(reader: reader, seed: 0, folder: "").replay(path)
    print("from memory: \(outcomes[0])\nfrom its file: \(outcomes[1])")
  }

  private static func readers(_ root: String) throws -> [Reader] {
    func content(_ path: String) throws -> [UInt8] {
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(path)")))
    }
    return [
      try .safeTensors(golden: "\(root)/Tests/golden/d16-h4-b16.safetensors"),
      try .checkpoint(),
      try .resealed(),
      .names(try content("data/names.txt")),
      .report(try content("Tests/golden/0.1.0/scaling.json")),
      try .ceiling(),
      .results(try ["bench", "bench-sync", "ladder", "predict"].map { try content("Tests/golden/0.1.0/\($0).json") }),
      try .sweep(),
      try .sweepLines(),
      .configuration(try ["d16", "d32", "d64", "d128"].map { try content("configs/\($0).yaml") }),
    ]
  }

  private static func fail(_ message: String, code: CInt) -> Never {
    FileHandle.standardError.write(Data("fuzz: \(message)\n".utf8))
    exit(code)
  }
}
