import SafeTensors
import TestSupport
import Testing

/// The reference values of the model, written by another program.
@Suite struct GoldenFileTests {
  static let files = [
    ("d16-h4-b16", 16, 4, 16), ("d32-h4-b16", 32, 4, 16), ("d48-h3-b5", 48, 3, 5), ("d64-h4-b16", 64, 4, 16),
    ("d128-h8-b7", 128, 8, 7),
  ]

  @Test(arguments: files)
  func shapesAndSettings(name: String, dModel: Int, heads: Int, batch: Int) throws {
    let file = try SafeTensorsFile(path: PackagePaths.golden(name))
    #expect(structuralFault(of: file) == nil)
    #expect(file.metadata["d_model"] == "\(dModel)")
    #expect(file.metadata["heads"] == "\(heads)")
    #expect(file.metadata["steps"] == "5")
    #expect(file.metadata["schedule"] == "lr * (1 - step / steps), step from 0")
    #expect(file.metadata.count == 11)

    let shapes = [
      "wte": [27, dModel], "wpe": [16, dModel], "lm_head": [27, dModel],
      "layer0.attn_wq": [dModel, dModel], "layer0.attn_wk": [dModel, dModel],
      "layer0.attn_wv": [dModel, dModel], "layer0.attn_wo": [dModel, dModel],
      "layer0.mlp_fc1": [4 * dModel, dModel], "layer0.mlp_fc2": [dModel, 4 * dModel],
    ]
    #expect(file.names.count == 3 * shapes.count)
    #expect(file.names == file.names.sorted())
    for family in ["initial", "gradient", "final"] {
      for (tensor, shape) in shapes {
        let values = try file.float32("\(family).\(tensor)", shape: shape)
        #expect(values.allSatisfy { $0.isFinite })
        #expect(values.contains { $0 != 0 })
      }
    }
    // Five batches of names, as JSON inside a string: each name stands between escaped quotes.
    #expect(file.metadata["batches"]?.count { $0 == "\"" } == 2 * 5 * batch)
  }

  /// Values and strings of one file, as an independent reader prints them.
  @Test func knownValues() throws {
    let file = try SafeTensorsFile(path: PackagePaths.golden("d16-h4-b16"))
    #expect(file.metadata["batches"]?.hasPrefix("[[\"neely\", \"cayson\", \"behren\"") == true)
    #expect(try file.float32("initial.wte").prefix(3) == [-0.0249031652, -0.0570424236, -0.0583254509])
    #expect(try file.float32("final.lm_head").suffix(2) == [0.0577747449, -0.17443949])
  }
}
