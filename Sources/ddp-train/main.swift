import GPT
import Reference
for path in CommandLine.arguments.dropFirst() {
  for engine in [EngineKind.scalar, .simd] {
    let check = ReferenceCheck(try ReferenceCase(path: path), engine: engine)
    print(path, engine, check.passed)
    for row in check.rows { print(row.quantity, row.error, row.passed) }
  }
}
