import Foundation
import TestSupport
import Testing

/// Python with numpy and safetensors, where this machine has it.
enum Python {
  static let hasSafeTensors = (try? start("import numpy, safetensors.numpy"))?.code == 0

  /// Runs a script that must end well.
  static func run(_ script: String, _ arguments: [String]) throws {
    let (code, output) = try start(script, arguments)
    try #require(code == 0, "\(output)")
  }

  private static func start(_ script: String, _ arguments: [String] = []) throws -> (code: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script] + arguments
    let output = Pipe()
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }
}

/// A safetensors file as Python reads it.
struct PythonReading {
  struct Header: Decodable {
    struct Tensor: Decodable, Equatable {
      var dtype: String
      var shape: [Int]
    }

    var metadata: [String: String]
    var tensors: [String: Tensor]
  }

  let header: Header
  private let folder: TemporaryFolder

  init(_ path: String) throws {
    folder = try TemporaryFolder()
    try Python.run(Self.script, [path, folder.path])
    header = try JSONDecoder().decode(Header.self, from: folder.data("header.json"))
  }

  /// A tensor's elements as they lie in Python's memory.
  func bytes(_ tensor: String) throws -> Data { try folder.data(tensor) }

  private static let script = """
    import json, sys
    from safetensors import safe_open
    from safetensors.numpy import load_file
    path, folder = sys.argv[1:]
    tensors = load_file(path)
    for name, tensor in tensors.items():
        tensor.tofile(f"{folder}/{name}")
    header = {"tensors": {n: {"dtype": str(t.dtype), "shape": t.shape} for n, t in tensors.items()}}
    with safe_open(path, "numpy") as file:
        header["metadata"] = file.metadata()
    json.dump(header, open(f"{folder}/header.json", "w"))
    """
}
