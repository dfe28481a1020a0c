/// x[r] = wte[token[r]] + wpe[position[r]].
///
/// - Parameters:
///   - width: C, a multiple of 16.
///   - tokens, positions: (R).
///   - wte, wpe: (27, C), (16, C).
///   - x: (R, C); overwritten.
public func embed(
  rows: Int, width: Int, tokens: UnsafePointer<Int32>, positions: UnsafePointer<Int32>,
  wte: Floats, wpe: Floats, x: MutableFloats
) {
  for row in 0..<rows {
    let token = wte + Int(tokens[row]) * width
    let position = wpe + Int(positions[row]) * width
    var i = 0
    repeat {
      (Vector(token + i) + Vector(position + i)).store(x + row * width + i)
      i += Vector.count
    } while i < width
  }
}

/// dwte[token[r]] += dx[r]; dwpe[position[r]] += dx[r], rows in order.
public func embedBackward(
  rows: Int, width: Int, tokens: UnsafePointer<Int32>, positions: UnsafePointer<Int32>,
  dx: Floats, dwte: MutableFloats, dwpe: MutableFloats
) {
  for row in 0..<rows {
    addRow(width: width, dx + row * width, to: dwte + Int(tokens[row]) * width)
    addRow(width: width, dx + row * width, to: dwpe + Int(positions[row]) * width)
  }
}

/// target[index[r]] += source[r], rows in order: the backward of a gather.
///
/// - Parameters:
///   - source: (R, C).
///   - index: (R), rows of target.
public func scatterAddRows(
  rows: Int, width: Int, source: Floats, index: UnsafePointer<Int32>, target: MutableFloats
) {
  for row in 0..<rows {
    addRow(width: width, source + row * width, to: target + Int(index[row]) * width)
  }
}

@inline(__always)
private func addRow(width: Int, _ source: Floats, to target: MutableFloats) {
  var i = 0
  repeat {
    (Vector(target + i) + Vector(source + i)).store(target + i)
    i += Vector.count
  } while i < width
}
