import GPT
import Options
import Values

/// How a rank computes: the options that every command which computes has.
struct EngineTable: OptionTable {
  private static let usual = EngineOptions()

  let kind = Declared("engine", default: usual.kind, .bits, help: "How a rank computes.")
  let sme2From = Declared(
    Ranges.sme2From, default: usual.sme2From, .own, as: "width",
    help: "The width from which --engine auto takes SME2 where the CPU has it; bench shows both.")
  let exp = Declared(
    "exp", default: usual.exponential, .run,
    help: "The softmaxes' exponential: fast (error 2e-7), exact (the C library's), coarse (error 5e-3).")
  let prefixSharing = Declared(
    "prefix-sharing", default: usual.sharesPrefixes, .bits, help: "Compute what names have in common once.")
  let paddingSkip = Declared(
    "padding-skip", default: usual.skipsPadding, .bits, help: "Leave out positions after a name's end.")
}

extension OptionValues<EngineTable> {
  /// - Throws: `OptionError` where switches are combined that do not go together, or this CPU lacks the engine.
  var options: EngineOptions {
    get throws {
      try requireEffect()
      var options = EngineOptions(kind: self.kind)
      guard self.kind.isAvailable else {
        throw CommandFailure("--engine sme2: this CPU has no SME2, or its kernel does not offer it; use --engine simd")
      }
      options.sme2From = self.sme2From
      options.exponential = self.exp
      options.sharesPrefixes = self.prefixSharing
      options.skipsPadding = self.paddingSkip
      guard self.kind != .scalar || options == EngineOptions(kind: .scalar) else {
        throw OptionError(
          "the scalar engine has no --exp, --prefix-sharing, --padding-skip or --sme2-from to choose; use --engine simd"
        )
      }
      return options
    }
  }
}
