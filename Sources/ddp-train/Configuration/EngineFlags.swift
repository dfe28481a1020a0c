import ArgumentParser
import GPT
import Values

/// How a rank computes: the options that every command which computes has.
struct EngineFlags: ParsableArguments {
  @Option(help: "How a rank computes: \(EngineKind.allCases.map(\.rawValue).joined(separator: ", ")). (default: auto)")
  var engine: EngineKind?

  @Option(
    help: ArgumentHelp(
      "The width from which --engine auto takes SME2 where the CPU has it; bench shows both. (default: 64)",
      valueName: "width"))
  var sme2From: Given?

  @Option(
    help: ArgumentHelp(
      "The softmaxes' exponential: fast (error 2e-7), exact (the C library's), coarse (error 5e-3). (default: fast)"))
  var exp: ExponentialPrecision?

  @Flag(inversion: .prefixedNo, help: "Compute what names have in common once. (default: --prefix-sharing)")
  var prefixSharing: Bool?

  @Flag(inversion: .prefixedNo, help: "Leave out positions behind a name's end. (default: --padding-skip)")
  var paddingSkip: Bool?

  /// - Throws: where switches are combined that do not go together.
  func resolve(_ option: inout OptionResolver) throws -> EngineOptions {
    var resolved = EngineOptions()
    resolved.kind = try option.value("engine", engine) ?? resolved.kind
    guard resolved.kind.isAvailable else {
      throw OptionError("--engine sme2: this CPU has no SME2, or its kernel does not offer it; use --engine simd")
    }
    resolved.sme2From = try option.number(Ranges.sme2From, sme2From) ?? resolved.sme2From
    resolved.exponential = try option.value("exp", exp) ?? resolved.exponential
    resolved.sharesPrefixes = try option.value("prefix-sharing", prefixSharing) ?? resolved.sharesPrefixes
    resolved.skipsPadding = try option.value("padding-skip", paddingSkip) ?? resolved.skipsPadding
    guard resolved.kind != .scalar || resolved == EngineOptions(kind: .scalar) else {
      throw OptionError(
        "the scalar engine has no --exp, --prefix-sharing, --padding-skip or --sme2-from to choose; use --engine simd")
    }
    return resolved
  }

  /// Without a configuration file.
  func resolve() throws -> EngineOptions {
    var option = OptionResolver()
    return try resolve(&option)
  }
}

extension EngineKind: ExpressibleByArgument {}
extension ExponentialPrecision: ExpressibleByArgument {}
