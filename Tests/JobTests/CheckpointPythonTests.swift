import Dataset
import Files
import Foundation
import GPT
import MPIRunSupport
import SafeTensors
import TestSupport
import Testing

extension Jobs {
  @Suite(
    "checkpoints and Python's safetensors", .enabled(if: Python.hasSafeTensors, "python3 lacks numpy or safetensors"))
  struct CheckpointsInPython {
    /// Two heads, where 4 are the width's default: a reader that forgets them generates other names.
    private static let run = ["--steps", "130", "--heads", "2", "--seed", "7"]

    @Test("Python reads every tensor of a checkpoint, and all it says of the run")
    func read() throws {
      let folder = try RunFolder()
      let metrics = try folder.train(2, Self.run + ["--sync", "sharded"])
      let reading = try PythonReading(folder.file(130))
      let shape = try Shape(dModel: 16, heads: 2)

      var expected = ["losses": PythonReading.Header.Tensor(dtype: "float64", shape: [100])]
      for family in ["", "adam.first.", "adam.second."] {
        for tensor in Tensor.allCases {
          expected[family + tensor.name] = .init(
            dtype: "float32", shape: [shape.rows(tensor), shape.columns(tensor)])
        }
      }
      #expect(reading.header.tensors == expected)
      // The names, and rows by columns, of the files that others made for the reference runs.
      let golden = try SafeTensorsFile(path: PackagePaths.golden("d16-h4-b16"))
      for tensor in Tensor.allCases {
        #expect(try golden.info(of: "final.\(tensor.name)").shape == expected[tensor.name]?.shape)
      }

      // The bits that the run itself hashed and wrote down, before there was a file.
      var hasher = ContentHasher()
      for tensor in Tensor.allCases {
        try reading.bytes(tensor.name).withUnsafeBytes { hasher.update($0) }
      }
      #expect(hasher.hexDigest() == metrics.final.parametersHash)
      let losses = try reading.bytes("losses").withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
      #expect(losses == metrics.losses.suffix(100))

      let own = try SafeTensorsFile(path: folder.file(130))
      for name in own.names { #expect(try reading.bytes(name) == Data(own.rawBytes(of: name)), "\(name)") }
      let metadata = reading.header.metadata
      #expect(metadata == own.metadata)
      let some = ["step": "130", "heads": "2", "seed": "7", "ranks": "2", "format": "ddp-train checkpoint"]
      #expect(metadata.filter { some.keys.contains($0.key) } == some)
    }

    @Test("what Python writes is a model to generate")
    func write() throws {
      let folder = try RunFolder()
      _ = try folder.train(1, Self.run)
      let files = try PythonFiles(of: folder.file(130))
      func names(_ arguments: [String]) throws -> [String] {
        let result = try ddpTrain(.alone, ["generate", "--count", "30"] + arguments)
        try #require(result.exitCode == 0, "\(result)")
        return result.lines
      }
      let own = try names(["--model", folder.file(130)])
      #expect(own.count == 30)
      // A seed is the run's own, and says what is drawn; so it is given where the file has none.
      #expect(try names(["--model", files.path("plain"), "--heads", "2", "--seed", "7"]) == own)
      #expect(try names(["--model", files.path("plain"), "--seed", "7"]) != own)
      for name in ["with-metadata", "all-tensors", "other-tensors"] {
        #expect(try names(["--model", files.path(name)]) == own, "\(name)")
      }
    }

    @Test("what is no model is refused with one message")
    func refused() throws {
      let folder = try RunFolder()
      _ = try folder.train(1, Self.run)
      let files = try PythonFiles(of: folder.file(130))
      let cases = [
        ("without-head", "tensor lm_head: is not in the file"),
        ("without-embedding", "has no tensor wte of 27 rows: not a model"),
        ("double", "tensor layer0.mlp_fc1: is \"F64\" and not F32"),
        ("half", "tensor layer0.attn_wq: is \"F16\", which is not decoded here, and not F32"),
        ("all-half", "tensor wte: is \"F16\", which is not decoded here, and not F32"),
        ("transposed", "tensor layer0.mlp_fc2: has shape [64, 16], and [16, 64] is expected"),
        ("flat", "tensor wpe: has shape [256], and [16, 16] is expected"),
        ("narrow", "tensor wpe: has shape [16, 8], and [16, 16] is expected"),
        ("not-a-number", "holds numbers that are not finite"),
        ("infinite", "holds numbers that are not finite"),
        ("no-tensors", "has no tensor wte of 27 rows: not a model"),
        // It says that it is a checkpoint, and a checkpoint has a checksum of its own.
        ("as-checkpoint", "does not begin like a checkpoint of this program"),
      ]
      for (name, message) in cases {
        let path = files.path(name)
        let result = try ddpTrain(.alone, ["generate", "--model", path])
        expectFailure(result, saying: message)
        #expect(result.errors.first?.contains(path) == true && result.stdout == "", "\(result)")
      }
      // Said by one rank.
      expectFailure(try ddpTrain(.ranks(2), ["generate", "--model", files.path(cases[0].0)]), saying: cases[0].1)
    }
  }
}

/// Files that Python makes of a checkpoint of width 16 with two heads and seed 7: good models, and bad ones.
private struct PythonFiles {
  private let folder: TemporaryFolder

  init(of checkpoint: String) throws {
    folder = try TemporaryFolder()
    try Python.run(Self.script, [checkpoint, folder.path])
  }

  func path(_ name: String) -> String { folder.path("\(name).safetensors") }

  /// `save_file` sorts tensors by name, so none of these files has the order of a checkpoint.
  private static let script = """
    import sys, numpy as np
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file
    source, folder = sys.argv[1:]
    everything = load_file(source)
    with safe_open(source, "numpy") as file:
        metadata = file.metadata()
    model = {n: t for n, t in everything.items() if n != "losses" and not n.startswith("adam.")}
    assert len(model) == 9

    def save(name, tensors, metadata=None):
        save_file(tensors, f"{folder}/{name}.safetensors", metadata)

    def without(name):
        return {n: t for n, t in model.items() if n != name}

    def changed(name, change):
        return model | {name: np.ascontiguousarray(change(model[name]))}

    def with_one(value):
        tensor = model["layer0.attn_wo"].copy()
        tensor[3, 5] = value
        return model | {"layer0.attn_wo": tensor}

    heads_and_seed = {"heads": "2", "seed": "7"}
    save("plain", model)
    save("with-metadata", model, heads_and_seed)
    save("all-tensors", everything, {k: v for k, v in metadata.items() if k not in ("format", "checksum")})
    save("other-tensors", model | {"a.note": np.arange(5), "z": np.zeros((2, 0), np.float16)}, heads_and_seed)
    save("without-head", without("lm_head"))
    save("without-embedding", without("wte"))
    save("double", changed("layer0.mlp_fc1", lambda t: t.astype(np.float64)))
    save("half", changed("layer0.attn_wq", lambda t: t.astype(np.float16)))
    save("all-half", {n: t.astype(np.float16) for n, t in model.items()})
    save("transposed", changed("layer0.mlp_fc2", lambda t: t.T))
    save("flat", changed("wpe", lambda t: t.reshape(-1)))
    save("narrow", changed("wpe", lambda t: t[:, :8]))
    save("not-a-number", with_one(np.nan))
    save("infinite", with_one(-np.inf))
    save("no-tensors", {})
    save("as-checkpoint", everything, metadata)
    """
}
