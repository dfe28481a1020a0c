import Foundation
import Schemas
import Values

extension VerificationFile {
  /// For people.
  var text: String {
    let words = words
    return Table(words, [.words { $0.0 }, .words { escaped($0.1) }]).lines().joined(separator: "\n")
  }

  private var words: [(String, String)] {
    var lines = [
      ("chain", "\(path): \(plural(links, "link")), to step \(grouped(step)) of \(grouped(steps))"), ("head", head),
      (
        "names", names + (namesRead == names ? "" : ", and those that were read \(namesRead)")
      ),
      ("segments", segmentWords),
    ]
    if runIsa != [isa] {
      lines.append(("machine", "the run's was \(runIsa.joined(separator: ", ")), and this is \(isa)"))
    }
    lines += problems.map { ("wrong", $0.words) }
    if let parted { lines.append(("parted", parted.words + others)) }
    if verdict == "verified" { lines.append(("verified", verifiedWords)) }
    return lines
  }

  /// The first thing that is wrong, as an error.
  var failure: String {
    let first = problems.first?.words ?? parted.map { "\(path): \($0.words)" } ?? ""
    return "not verified: \(first)"
  }

  private var segmentWords: String {
    "\(grouped(replayed)) of \(grouped(segments)) trained again on \(plural(ranks, "rank")), in \(fixed(seconds, 2)) s"
      + (seed.map { ", drawn by seed \($0)" } ?? "")
  }

  private var others: String {
    partedSegments > 1 ? "; and in \(plural(partedSegments - 1, "other segment"))" : ""
  }

  private var verifiedWords: String {
    guard replayed < segments else { return "all bits of all segments come out again" }
    return "all bits of these segments come out again; one bad segment would have been found with probability "
      + smallShare(probability)
  }
}

extension ChainProblem {
  var words: String { "\(path): \(what)" }
}

extension PartedBits {
  /// "bits part in step 33: wte, adam.first.wte and 25 tensors more"
  var words: String {
    let place =
      if step == 0 {
        "before the first step"
      } else if let step {
        "in step \(grouped(step))"
      } else {
        "in steps \(grouped(fromStep + 1)) to \(grouped(toStep))"
      }
    let shown = tensors.prefix(3).joined(separator: ", ")
    let more = tensors.count > 3 ? " and \(plural(tensors.count - 3, "tensor")) more" : ""
    return "bits part \(place)" + (tensors.isEmpty ? "" : ": \(shown)\(more)") + (note.map { "; \($0)" } ?? "")
  }
}
