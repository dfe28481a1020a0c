// Every kernel of Kernels against its scalar twin in double precision, in memory that ends where its contents end:
// what Tests/KernelsTests does on the build machine, in the words of Embedded Swift.
import Arm64Tests
import Kernels

@_cdecl("check_kernels")
public func checkKernels() {
  for rows in [1, 2, 3, 4, 5, 6, 7, 11, 13, 27, 64] {
    for (inputs, outputs) in [(16, 16), (16, 48), (32, 32), (48, 144), (64, 256), (80, 27)] {
      checkLinear(rows, inputs, outputs)
      guarded_free_all()
    }
  }
  for (heads, headDim) in [(4, 4), (4, 8), (4, 16), (3, 16), (2, 20), (8, 16), (1, 48)] {
    for exponential in [ExponentialKind.fast, .exact] {
      checkAttention(heads, headDim, exponential)
      guarded_free_all()
    }
  }
  for width in [16, 48, 64, 80] {
    checkNorm(width)
    checkEmbedding(width)
    guarded_free_all()
  }
  for rows in [1, 15, 16, 17, 40] {
    checkSoftmax(rows)
    guarded_free_all()
  }
  for count in [1, 15, 16, 17, 1000] {
    checkAdam(count)
    guarded_free_all()
  }
  checkFingerprint()
  for (heads, headDim) in [(4, 4), (4, 8), (3, 16), (2, 20)] {
    checkDefinedAttention(heads, headDim)
    guarded_free_all()
  }
  for rows in [1, 17] {
    checkDefinedRows(rows)
    guarded_free_all()
  }
  checkDefinedAdam(1000)
  guarded_free_all()
}

typealias Pointer = UnsafeMutablePointer<Float>

/// Whether all values are within `tolerance` times the largest expected magnitude.
private func check(_ name: StaticString, _ actual: UnsafePointer<Float>, _ expected: [Double], _ tolerance: Double) {
  var largest = 1e-30
  for value in expected { largest = max(largest, abs(value)) }
  var right = true
  for i in expected.indices where !(abs(Double(actual[i]) - expected[i]) <= tolerance * largest) { right = false }
  test_result(right ? 1 : 0, UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self))
}

private func doubles(_ source: UnsafePointer<Float>, _ count: Int) -> [Double] {
  var result: [Double] = []
  for i in 0..<count { result.append(Double(source[i])) }
  return result
}

private func zeros(_ count: Int) -> [Double] { [Double](repeating: 0, count: count) }

// MARK: - Linear

private func checkLinear(_ R: Int, _ K: Int, _ N: Int) {
  let rounded = (N + 15) / 16 * 16
  let (x, w) = (guarded_random(R * K), guarded_random(N * K))
  let transposed = guarded(K * rounded)
  for i in 0..<K * rounded { transposed[i] = 0 }
  transpose(rows: 0, count: N, outputs: rounded, inputs: K, layout: .panels, source: w, target: transposed)
  let byRows = guarded(K * rounded)
  for i in 0..<K * rounded { byRows[i] = 0 }
  transpose(rows: 0, count: N, outputs: rounded, inputs: K, layout: .rows, source: w, target: byRows)
  var columns = zeros(K * rounded)
  for n in 0..<N { for k in 0..<K { columns[k * rounded + n] = Double(w[n * K + k]) } }
  check("transpose", byRows, columns, 0)

  let (xs, ws) = (doubles(x, R * K), doubles(w, N * K))
  var expected = zeros(R * rounded)
  for r in 0..<R {
    for n in 0..<N { for k in 0..<K { expected[r * rounded + n] += xs[r * K + k] * ws[n * K + k] } }
  }
  let y = guarded(R * rounded)
  linear(rows: R, inputs: K, outputs: rounded, x: x, xRow: K, transposed: transposed, y: y, yRow: rounded)
  check("linear", y, expected, 2e-6)
  linearReLU(rows: R, inputs: K, outputs: rounded, x: x, transposed: transposed, y: y)
  check("linearReLU", y, expected.map { max($0, 0) }, 2e-6)
  let residual = guarded_random(R * rounded)
  linearAdding(rows: R, inputs: K, outputs: rounded, x: x, transposed: transposed, residual: residual, y: y)
  var sum = expected
  for i in sum.indices { sum[i] += Double(residual[i]) }
  check("linearAdding", y, sum, 2e-6)
  var index: [Int32] = []
  for r in 0..<R { index.append(Int32((r * 7 + 3) % R)) }
  linearAddingGathered(
    rows: R, inputs: K, outputs: rounded, x: x, transposed: transposed, residual: residual, index: index, y: y)
  for i in sum.indices { sum[i] = expected[i] + Double(residual[Int(index[i / rounded]) * rounded + i % rounded]) }
  check("linearAddingGathered", y, sum, 2e-6)

  checkLinearBackward(R, K, N, x, w)
}

private func checkLinearBackward(_ R: Int, _ K: Int, _ N: Int, _ x: Pointer, _ w: Pointer) {
  let dy = guarded_random(R * N)
  var (dx, dw) = (zeros(R * K), zeros(N * K))
  let (xs, ws, dys) = (doubles(x, R * K), doubles(w, N * K), doubles(dy, R * N))
  for r in 0..<R {
    var row = zeros(K)
    Scalar<Double>.linearBackward(
      inputs: K, outputs: N, dy: Array(dys[r * N..<(r + 1) * N]), x: Array(xs[r * K..<(r + 1) * K]), weights: ws,
      dx: &row, dWeights: &dw)
    for k in 0..<K { dx[r * K + k] = row[k] }
  }
  let scratch = guarded(max(packingScratch(inputs: K, outputs: N), 1))
  let inputGradient = guarded(R * K)
  linearInputGradient(
    rows: R, inputs: K, outputs: N, dy: dy, dyRow: N, weights: w, scratch: scratch, dx: inputGradient)
  check("linearInputGradient", inputGradient, dx, 2e-6)
  let output = guarded_random(R * K)
  linearInputGradientBehindReLU(
    rows: R, inputs: K, outputs: N, dy: dy, weights: w, scratch: scratch, output: output, dx: inputGradient)
  for i in dx.indices where !(output[i] > 0) { dx[i] = 0 }
  check("linearInputGradientBehindReLU", inputGradient, dx, 2e-6)
  let gradient = guarded(N * K)
  linearWeightGradient(rows: R, inputs: K, outputs: N, dy: dy, dyRow: N, x: x, gradient: gradient)
  check("linearWeightGradient", gradient, dw, 2e-6)
}

// MARK: - Attention

private func checkAttention(_ heads: Int, _ headDim: Int, _ exponential: ExponentialKind) {
  // Two branches of one tree, and a full name beside them: positions of the rows in preorder.
  var positions: [Int32] = [0, 1, 2, 3, 2, 3, 4]
  for p in 0..<16 { positions.append(Int32(p)) }
  let (R, C) = (positions.count, heads * headDim)
  var pair: [Int32] = []
  for r in 0..<R { pair.append(Int32(R - 1 - r)) }
  let shape = AttentionShape(heads: heads, headDim: headDim)
  let qkv = guarded_random(R * 3 * C + attentionOverrun)
  let dOutput = guarded_random(R * C + attentionOverrun)
  let probabilities = guarded(R * shape.probabilitiesPerRow)
  let output = guarded(R * C + attentionOverrun)
  let dqkv = guarded(R * 3 * C + attentionOverrun)
  for i in 0..<R * 3 * C + attentionOverrun { dqkv[i] = 0 }
  positions.withUnsafeBufferPointer { positions in
    pair.withUnsafeBufferPointer { pair in
      guard let positions = positions.baseAddress, let pair = pair.baseAddress else { fatalError("no rows") }
      let rows = AttentionRows(count: R, positions: positions, pair: pair)
      attention(
        rows, shape: shape, exponential: exponential, qkv: qkv, probabilities: probabilities, output: output)
      attentionBackward(
        rows, shape: shape, qkv: qkv, probabilities: probabilities, dOutput: dOutput, dqkv: dqkv)
    }
  }
  var (expected, gradient) = (zeros(R * C), zeros(R * 3 * C))
  var path = [Int](repeating: 0, count: 16)
  for row in 0..<R {
    path[Int(positions[row])] = row
    let count = Int(positions[row]) + 1
    for head in 0..<heads {
      scalarAttention(
        count: count, path: path, pair: pair, row: row, head: head, headDim: headDim, width: C, qkv: qkv,
        dOutput: dOutput, output: &expected, gradient: &gradient)
    }
  }
  check("attention", output, expected, 2e-6)
  check("attentionBackward", dqkv, gradient, 5e-6)
}

/// One row and head by the scalar twins, keys and values gathered along the path.
private func scalarAttention(
  count: Int, path: [Int], pair: [Int32], row: Int, head: Int, headDim: Int, width C: Int, qkv: Pointer,
  dOutput: Pointer, output: inout [Double], gradient: inout [Double]
) {
  let own = Int(pair[row]) * 3 * C + head * headDim
  let query = doubles(qkv + own, headDim)
  var (keys, values): ([Double], [Double]) = ([], [])
  for j in 0..<count {
    let at = Int(pair[path[j]]) * 3 * C + head * headDim
    keys += doubles(qkv + at + C, headDim)
    values += doubles(qkv + at + 2 * C, headDim)
  }
  var (probabilities, result, scratch) = (zeros(16), zeros(headDim), zeros(16))
  Scalar<Double>.attention(
    count: count, headDim: headDim, stride: headDim, query: query, keys: keys, values: values,
    probabilities: &probabilities, output: &result)
  let dResult = doubles(dOutput + row * C + head * headDim, headDim)
  var (dQuery, dKeys, dValues) = (zeros(headDim), zeros(count * headDim), zeros(count * headDim))
  Scalar<Double>.attentionBackward(
    count: count, headDim: headDim, stride: headDim, dOutput: dResult, query: query, keys: keys, values: values,
    probabilities: probabilities, scratch: &scratch, dQuery: &dQuery, dKeys: &dKeys, dValues: &dValues)
  for d in 0..<headDim {
    output[row * C + head * headDim + d] = result[d]
    gradient[own + d] += dQuery[d]
    for j in 0..<count {
      let at = Int(pair[path[j]]) * 3 * C + head * headDim + d
      gradient[at + C] += dKeys[j * headDim + d]
      gradient[at + 2 * C] += dValues[j * headDim + d]
    }
  }
}

// MARK: - Norm, embedding, loss, Adam

private func checkNorm(_ C: Int) {
  let R = 5
  let (x, dy, residual) = (guarded_random(R * C), guarded_random(R * C), guarded_random(R * C))
  let (y, inverse, dx) = (guarded(R * C), guarded(R), guarded(R * C))
  rmsNorm(rows: R, width: C, x: x, y: y, inverse: inverse)
  rmsNormBackward(rows: R, width: C, dy: dy, y: y, inverse: inverse, residual: residual, dx: dx)
  var (expected, gradient) = (zeros(R * C), zeros(R * C))
  for r in 0..<R {
    let (row, dRow) = (doubles(x + r * C, C), doubles(dy + r * C, C))
    var (out, dIn) = (zeros(C), doubles(residual + r * C, C))
    let factor = Scalar<Double>.rmsNorm(width: C, x: row, y: &out)
    Scalar<Double>.rmsNormBackward(width: C, dy: dRow, y: out, inverse: factor, dx: &dIn)
    for i in 0..<C { (expected[r * C + i], gradient[r * C + i]) = (out[i], dIn[i]) }
  }
  check("rmsNorm", y, expected, 1e-6)
  check("rmsNormBackward", dx, gradient, 1e-6)
}

private func checkEmbedding(_ C: Int) {
  let (tokens, positions): ([Int32], [Int32]) = ([26, 0, 3, 3, 25], [0, 1, 2, 15, 1])
  let R = tokens.count
  let (wte, wpe, dx) = (guarded_random(27 * C), guarded_random(16 * C), guarded_random(R * C))
  let (x, dwte, dwpe) = (guarded(R * C), guarded(27 * C), guarded(16 * C))
  for i in 0..<27 * C { dwte[i] = 0 }
  for i in 0..<16 * C { dwpe[i] = 0 }
  embed(rows: R, width: C, tokens: tokens, positions: positions, wte: wte, wpe: wpe, x: x)
  embedBackward(rows: R, width: C, tokens: tokens, positions: positions, dx: dx, dwte: dwte, dwpe: dwpe)
  var (expected, dTokens, dPositions) = (zeros(R * C), zeros(27 * C), zeros(16 * C))
  for r in 0..<R {
    for i in 0..<C {
      let (token, position) = (Int(tokens[r]) * C + i, Int(positions[r]) * C + i)
      expected[r * C + i] = Double(wte[token]) + Double(wpe[position])
      dTokens[token] += Double(dx[r * C + i])
      dPositions[position] += Double(dx[r * C + i])
    }
  }
  check("embed", x, expected, 1e-6)
  check("embedBackward, tokens", dwte, dTokens, 1e-6)
  check("embedBackward, positions", dwpe, dPositions, 1e-6)
  scatterAddRows(rows: R, width: C, source: dx, index: tokens, target: dwte)
  check("scatterAddRows", dwte, dTokens.map { 2 * $0 }, 1e-6)
}

private func checkSoftmax(_ R: Int) {
  let rounded = (R + 15) / 16 * 16
  let (logits, weight) = (guarded_random(R * logitsRow), guarded_random(R))
  let (maximum, logNormaliser) = (guarded(rounded), guarded(rounded))
  for i in 0..<rounded { (maximum[i], logNormaliser[i]) = (0, 1) }
  var (expected, normalisers) = (zeros(R * logitsRow), zeros(R))
  for r in 0..<R {
    for v in 0..<logitsRow { logits[r * logitsRow + v] *= 8 }
    var row = doubles(logits + r * logitsRow, 27)
    normalisers[r] = Scalar<Double>.softmax(count: 27, x: &row)
    for v in 0..<27 { expected[r * logitsRow + v] = row[v] * Double(weight[r]) }
  }
  softmaxRows(
    rows: R, exponential: .fast, logits: logits, weight: weight, maximum: maximum, logNormaliser: logNormaliser)
  check("softmaxRows", logits, expected, 1e-6)
  check("softmaxRows, normaliser", logNormaliser, normalisers, 1e-6)
}

private func checkAdam(_ count: Int) {
  let (gradient, parameters) = (guarded_random(count), guarded_random(count))
  let (first, second) = (guarded_random(count), guarded_random(count))
  for i in 0..<count { second[i] = second[i] * second[i] }
  let before = doubles(parameters, count)
  var (p, m, v) = (before, doubles(first, count), doubles(second, count))
  let (rate, firstPower, secondPower) = (0.01, AdamStep.beta1, AdamStep.usualBeta2)
  Scalar<Double>.adam(
    count: count, learningRate: rate, firstPower: firstPower, secondPower: secondPower,
    gradient: doubles(gradient, count), parameters: &p, first: &m, second: &v)
  adam(
    count: count, step: AdamStep(learningRate: rate, firstPower: firstPower, secondPower: secondPower),
    gradient: gradient, parameters: parameters, first: first, second: second)
  check("adam, parameters", parameters, p, 1e-6)
  check("adam, first moment", first, m, 1e-6)
  check("adam, second moment", second, v, 1e-6)
}

/// Nothing here is an estimate: ranks on any two Arm machines agree.
private func checkFingerprint() {
  var expected: UInt64 = 0xcbf2_9ce4_8422_2325
  for exponent in [-40, -7, 0, 3, 30] {
    let scale = Float(sign: .plus, exponent: exponent, significand: 1)
    let x = (0..<16).map { (Float($0) * 0.0613 + 1.017) * scale }
    for value in x.map({ 1 / $0.squareRoot() }) + x.map({ 1 / $0 }) {
      expected = (expected ^ UInt64(value.bitPattern)) &* 0x100_0000_01b3
    }
  }
  let name: StaticString = "estimates' fingerprint"
  test_result(
    estimateFingerprint() == expected ? 1 : 0, UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self))
}

// MARK: - The defined arithmetic: the same bits in vectors and one number at a time

/// Numbers of all sizes, denormal ones and zeros too.
private func numbers(_ count: Int, largest: Int = 0) -> Pointer {
  let result = guarded_random(count)
  for i in 0..<count {
    switch random_bits() % 8 {
    case 0: result[i] = 0
    case 1: result[i] *= Float(sign: .plus, exponent: -149 + Int(random_bits() % 30), significand: 1)
    case 2: result[i] *= Float(sign: .plus, exponent: -126 + Int(random_bits() % 126) + largest, significand: 1)
    default: break
    }
  }
  return result
}

private func copy(_ source: Pointer, _ count: Int) -> Pointer {
  let result = guarded(count)
  for i in 0..<count { result[i] = source[i] }
  return result
}

/// Zeros are equal whatever their sign.
private func checkSame(_ name: StaticString, _ vectors: Pointer, _ plain: Pointer, _ count: Int) {
  var isSame = true
  for i in 0..<count where vectors[i] != plain[i] { isSame = false }
  test_result(isSame ? 1 : 0, UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self))
}

private func checkDefinedAttention(_ heads: Int, _ headDim: Int) {
  var positions: [Int32] = [0, 1, 2, 3, 2, 3, 4]
  for p in 0..<16 { positions.append(Int32(p)) }
  let (R, C) = (positions.count, heads * headDim)
  var pair: [Int32] = []
  for r in 0..<R { pair.append(Int32(R - 1 - r)) }
  let shape = AttentionShape(heads: heads, headDim: headDim)
  let qkv = numbers(R * 3 * C + attentionOverrun, largest: 2)
  let dOutput = numbers(R * C + attentionOverrun)
  let weights = R * shape.probabilitiesPerRow
  let (p, plainP) = (guarded(weights), guarded(weights))
  let (a, plainA) = (guarded(R * C + attentionOverrun), guarded(R * C + attentionOverrun))
  let dqkv = numbers(R * 3 * C + attentionOverrun)
  let plainGradient = copy(dqkv, R * 3 * C + attentionOverrun)
  positions.withUnsafeBufferPointer { positions in
    pair.withUnsafeBufferPointer { pair in
      guard let positions = positions.baseAddress, let pair = pair.baseAddress else { fatalError("no rows") }
      let rows = AttentionRows(count: R, positions: positions, pair: pair)
      attention(rows, shape: shape, exponential: .defined, qkv: qkv, probabilities: p, output: a)
      Plain.attention(rows, shape: shape, qkv: qkv, probabilities: plainP, output: plainA)
      attentionBackward(
        rows, shape: shape, arithmetic: .defined, qkv: qkv, probabilities: p, dOutput: dOutput, dqkv: dqkv)
      Plain.attentionBackward(
        rows, shape: shape, qkv: qkv, probabilities: plainP, dOutput: dOutput, dqkv: plainGradient)
    }
  }
  checkSame("attention, defined", a, plainA, R * C)
  checkSame("attentionBackward, defined", dqkv, plainGradient, R * 3 * C)
}

private func checkDefinedRows(_ R: Int) {
  let C = 48
  let (x, dy, residual) = (numbers(R * C), numbers(R * C), numbers(R * C))
  let (y, plainY, inverse, plainInverse) = (guarded(R * C), guarded(R * C), guarded(R), guarded(R))
  let (dx, plainDX) = (guarded(R * C), guarded(R * C))
  rmsNorm(rows: R, width: C, x: x, y: y, inverse: inverse)
  Plain.rmsNorm(rows: R, width: C, x: x, y: plainY, inverse: plainInverse)
  checkSame("rmsNorm, defined", y, plainY, R * C)
  rmsNormBackward(rows: R, width: C, dy: dy, y: y, inverse: inverse, residual: residual, dx: dx)
  Plain.rmsNormBackward(rows: R, width: C, dy: dy, y: y, inverse: inverse, residual: residual, dx: plainDX)
  checkSame("rmsNormBackward, defined", dx, plainDX, R * C)

  let logits = numbers(R * logitsRow, largest: 6)
  for i in 0..<R * logitsRow { logits[i] *= 8 }
  let (plainLogits, weight, rounded) = (copy(logits, R * logitsRow), numbers(R), (R + 15) / 16 * 16)
  let (maximum, normaliser, plainMaximum, plainNormaliser) = (
    guarded(rounded), guarded(rounded), guarded(rounded), guarded(rounded)
  )
  softmaxRows(
    rows: R, exponential: .defined, logits: logits, weight: weight, maximum: maximum, logNormaliser: normaliser)
  Plain.softmaxRows(
    rows: R, logits: plainLogits, weight: weight, maximum: plainMaximum, logNormaliser: plainNormaliser)
  checkSame("softmaxRows, defined", logits, plainLogits, R * logitsRow)
  checkSame("softmaxRows, normaliser, defined", normaliser, plainNormaliser, R)
}

private func checkDefinedAdam(_ count: Int) {
  let (gradient, parameters, first, second) = (
    numbers(count, largest: 127), numbers(count), numbers(count), numbers(count)
  )
  for i in 0..<count { second[i] = abs(second[i]) }
  let (plainParameters, plainFirst, plainSecond) = (
    copy(parameters, count), copy(first, count), copy(second, count)
  )
  let step = AdamStep(
    learningRate: 0.01, firstPower: AdamStep.beta1, secondPower: AdamStep.usualBeta2, arithmetic: .defined)
  adam(count: count, step: step, gradient: gradient, parameters: parameters, first: first, second: second)
  withUnsafePointer(to: UnsafePointer(gradient)) {
    Plain.adam(
      count: count, step: step, gradients: UnsafeBufferPointer(start: $0, count: 1), offset: 0,
      parameters: plainParameters, first: plainFirst, second: plainSecond)
  }
  checkSame("adam, parameters, defined", parameters, plainParameters, count)
  checkSame("adam, first moment, defined", first, plainFirst, count)
  checkSame("adam, second moment, defined", second, plainSecond, count)
}
