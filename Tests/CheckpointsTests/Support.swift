import Checkpoints
import GPT
import Testing

/// The smallest model there is.
func smallShape() throws -> Shape { try Shape(dModel: 16, heads: 4) }

/// Element `index` of the sample's parameters (0), first (1) and second moments (2): all different, all finite.
func sampleValue(_ array: Int, _ index: Int) -> Float { Float(index + 1) * (array == 1 ? -0.25 : 1 / Float(array + 3)) }

func sampleLosses(_ step: Int) -> [Double] { (0..<min(step, 100)).map { 3 - Double($0) / 128 } }

/// An image that holds the sample.
func sampleImage(_ shape: Shape) -> CheckpointImage {
  let image = CheckpointImage(shape: shape)
  fill(image.arrays, shape)
  return image
}

func fill(_ arrays: ModelArrays, _ shape: Shape) {
  for i in 0..<shape.parameterCount {
    arrays.parameters[i] = sampleValue(0, i)
    arrays.first[i] = sampleValue(1, i)
    arrays.second[i] = sampleValue(2, i)
  }
}

/// A whole checkpoint's bytes.
func sampleFile(step: Int = 150, metadata: [String: String] = ["note": "\"quoted\"\n"]) throws -> [UInt8] {
  Array(try sampleImage(smallShape()).seal(step: step, losses: sampleLosses(step), metadata: metadata))
}

/// Stores whole checkpoints of these steps, which nothing hinders.
func store(_ folder: CheckpointFolder, _ steps: [Int]) throws {
  for step in steps {
    #expect(try sampleFile(step: step).withUnsafeBytes { try folder.store($0, step: step) }.isEmpty)
  }
}

/// The kind of error that `body` throws, and what it says; nil where it throws none.
func failure(of body: () throws -> Void) -> CheckpointError? {
  do {
    try body()
    return nil
  } catch {
    return error as? CheckpointError ?? CheckpointError(.system, "another error", "\(error)")
  }
}
