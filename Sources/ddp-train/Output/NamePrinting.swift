import DataParallel
import GPT
import MPI
import Options
import Schemas
import Values

/// Names on rank 0, one a line, until a stop request or until nobody takes more of them.
struct NamePrinting {
  let count: Int
  let shape: Shape
  let seed: UInt64
  let temperature: Double
  /// Whether names of the data are left out.
  var isNovel = false
  /// Whether there is a file of names with their probabilities; `json` is rank 0's.
  var hasJSON = false
  var json: NamesJSON?
  /// Nil where it matters to nobody what is in the data.
  var data: RunNames?
  let display: ProgressDisplay

  /// Collective: many names are written by all ranks, and a few by rank 0, while the others sleep.
  ///
  /// - Parameter parameters: (P), where this rank writes names.
  /// - Returns: what to say where names or their file are not complete: the same on all ranks.
  /// - Throws: `JobFailure` where the file cannot be begun.
  func run(_ parameters: UnsafePointer<Float>, on world: Communicator) throws -> String? {
    if hasJSON { try onEveryRank(of: world, stops: false) { try json?.begin(header) } }
    let written = count > 0 ? try write(parameters, on: world) : nil
    json?.end()
    if world.rank == 0 { flushStandardOutput() }
    let shortage = written.map {
      "--novel: \(grouped(NameWriting.mostInVain)) names in a row were all in the data, after \(grouped($0)) of "
        + "\(grouped(count)) that are not; a higher --temperature makes others"
    }
    guard isNovel || hasJSON else { return nil }
    let failures = [shortage, json?.failure?.description].compactMap { $0 }
    let all = try world.broadcast(failures.joined(separator: "; "))
    return all.isEmpty ? nil : all
  }

  private func write(_ parameters: UnsafePointer<Float>, on world: Communicator) throws -> Int? {
    let time = LastWords()
    defer { display.finish() }
    // Names that go by are progress enough.
    let progress = Screen.showsStandardOutput ? nil : CountProgress(display, "names", of: count)
    var (vain, done): (Int?, Int) = (nil, 0)
    func run(_ isStopped: () throws -> Bool) throws {
      vain = try writing(parameters, on: world).run(count) {
        try world.rank == 0 && !isHeard || time.areOver(isStopped)
      } write: { block in
        if json?.isPrinted != true { printUnchanged(block.texts[0]) }
        if let json { json.append(block.texts[1]) }
        done += block.count
        progress?.show(done)
      }
    }
    if NameWriting.isShared(count, over: world) {
      try run { StopSignal.isRequested }
    } else {
      try world.rest { isStopped in
        if world.rank == 0 { try run(isStopped) }
      }
    }
    return vain
  }

  /// Whether anybody takes what is written.
  private var isHeard: Bool { standardOutputWorks || json.map { !$0.isPrinted && $0.failure == nil } ?? false }

  private func writing(_ parameters: UnsafePointer<Float>, on world: Communicator) throws -> NameWriting {
    // It prepares tables for its model.
    let generator = Generator(
      shape: shape, parameters: parameters, seed: seed, temperature: temperature, scoring: hasJSON)
    guard isNovel || hasJSON else { return NameWriting(generator, over: world) }
    return NameWriting(of: shape, over: world, isSelective: isNovel) { block(of: $0, by: generator) }
  }

  private func block(of names: Range<Int>, by generator: Generator) -> NameBlock {
    var block = NameBlock(count: 0, texts: [])
    var (text, rows): ([UInt8], [UInt8]) = ([], [])
    generator.forEach(of: names) { name in
      let isKnown = data?.has(Name(letters: name.letters)) ?? false
      if isNovel, isKnown { return }
      block.count += 1
      for letter in name.letters { text.append(letter + UInt8(ascii: "a")) }
      text.append(UInt8(ascii: "\n"))
      guard hasJSON else { return }
      GeneratedName.appendLine(
        letters: name.letters, logProbability: name.logProbability, drawnLogProbability: name.drawnLogProbability,
        inData: isKnown, to: &rows)
    }
    block.texts = hasJSON ? [text, rows] : [text]
    return block
  }

  private var header: NamesFile {
    NamesFile {
      ($0.c, $0.heads) = (shape.dModel, shape.heads)
      ($0.seed, $0.temperature) = ("\(seed)", temperature)
      ($0.count, $0.novel) = (count, isNovel)
      ($0.dataNames, $0.dataHash) = (data?.count ?? 0, data?.hash ?? "")
    }
  }
}
