import GPT
import Reference
import TestSupport
import Testing

/// The check must pass on the golden files, and fail on any one number that is wrong.
@Suite struct ReferenceCheckTests {
  static func failures(_ copy: GoldenCopy) throws -> [String] {
    try copy.withFile { path in
      let check = ReferenceCheck(try ReferenceCase(path: path), engine: EngineOptions())
      let failed = check.rows.filter { !$0.passed }.map(\.quantity)
      #expect(check.passed == failed.isEmpty)
      return failed
    }
  }

  /// Every engine and every switch that claims to be exact mathematics.
  static let exactOptions: [EngineOptions] = {
    var options = EngineKind.available.map { kind in
      var options = EngineOptions()
      options.kind = kind
      return options
    }
    for (shares, skips) in [(false, true), (true, false), (false, false)] {
      var other = EngineOptions()
      (other.sharesPrefixes, other.skipsPadding) = (shares, skips)
      options.append(other)
    }
    var exact = EngineOptions()
    exact.exponential = .exact
    return options + [exact]
  }()

  @Test(arguments: PackagePaths.goldenNames, exactOptions)
  func goldenFilesPass(name: String, options: EngineOptions) throws {
    let check = ReferenceCheck(try ReferenceCase(path: PackagePaths.golden(name)), engine: options)
    #expect(check.rows.count == 5 + 9 + 9)
    #expect(check.passed)
    #expect(check.rows.filter { !$0.passed }.map(\.quantity) == [])
  }

  /// The exponential of degree 3 is out of the bounds, as its documentation says.
  @Test func coarseExponentialFails() throws {
    var options = EngineOptions()
    options.exponential = .coarse
    #expect(!ReferenceCheck(try ReferenceCase(path: PackagePaths.golden("d64-h4-b16")), engine: options).passed)
  }

  @Test func unchangedCopyPasses() throws {
    #expect(try Self.failures(try GoldenCopy()) == [])
  }

  /// One gradient of thousands, a few times its bound off, is found, and blamed on its tensor alone.
  @Test(arguments: Tensor.allCases, [3e-4, -3e-4])
  func oneGradient(tensor: Tensor, share: Double) throws {
    var copy = try GoldenCopy()
    copy.disturb("gradient.\(tensor.name)", at: 37, share: share)
    #expect(try Self.failures(copy) == ["gradient \(tensor.name)"])
  }

  @Test(arguments: Tensor.allCases, [0.3, -0.3])
  func oneFinalParameter(tensor: Tensor, share: Double) throws {
    var copy = try GoldenCopy()
    copy.disturb("final.\(tensor.name)", at: 37, share: share)
    #expect(try Self.failures(copy) == ["final \(tensor.name)"])
  }

  @Test(arguments: 0..<5, [1 + 3e-5, 1 - 3e-5])
  func oneLoss(step: Int, factor: Double) throws {
    var copy = try GoldenCopy()
    try copy.disturbLoss(step, factor: factor)
    #expect(try Self.failures(copy) == ["loss \(step + 1)"])
  }

  /// Within the bounds nothing is reported: they are bounds, not equality.
  @Test func smallDifferencesPass() throws {
    var copy = try GoldenCopy()
    try copy.disturbLoss(2, factor: 1 + 1e-6)
    copy.disturb("gradient.wte", at: 5, share: 1e-5)
    copy.disturb("final.wte", at: 5, share: 1e-3)
    #expect(try Self.failures(copy) == [])
  }

  /// A number that is none must not slip through a comparison.
  @Test(arguments: ["gradient", "final"], [Float.nan, .infinity])
  func notANumber(family: String, value: Float) throws {
    var copy = try GoldenCopy()
    copy.tensors["\(family).lm_head"]?.values[3] = value
    #expect(try Self.failures(copy) == ["\(family) lm_head"])
  }

  /// Everything small but spread over a whole tensor is the norm's to find.
  @Test func evenlySpreadGradientError() throws {
    var copy = try GoldenCopy()
    let name = "gradient.layer0.mlp_fc1"
    let values = try #require(copy.tensors[name]?.values)
    copy.tensors[name]?.values = values.map { $0 * 1.00003 }
    #expect(try Self.failures(copy) == ["gradient layer0.mlp_fc1"])
  }

  /// Another start, other names, another learning rate: everything that follows must differ.
  @Test func changedInputsFail() throws {
    var start = try GoldenCopy()
    start.disturb("initial.layer0.attn_wv", at: 0, share: 1)
    #expect(try Self.failures(start).count > 5)
    var names = try GoldenCopy()
    names.metadata["batches"] = names.metadata["batches"]?.replacing("neely", with: "neelx")
    #expect(try Self.failures(names).contains("loss 1"))
    var rate = try GoldenCopy()
    rate.metadata["lr"] = "0.011"
    #expect(try Self.failures(rate).contains("final wte"))
  }
}
