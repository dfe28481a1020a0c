/// Numbers of rows on both sides of every tile height and vector width that any instruction set uses.
public let awkwardCounts = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 64, 93, 128,
]

/// Widths that take every panel alone, and every sequence of panels up to three: multiples of a vector.
public let vectorWidths = [16, 32, 48, 64, 80, 96, 112, 128, 144]
