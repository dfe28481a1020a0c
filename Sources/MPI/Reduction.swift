internal import CMPI

/// How the values of all ranks become one.
///
/// The order of the ranks in a floating-point sum is the library's choice and may differ between counts and
/// numbers of ranks; for one of each, Open MPI repeats it.
///
/// - Source: MPI 3.1, §5.9.2 Predefined Reduction Operations. A floating-point type has sum, product, min and
///   max only; the logical ones are for integers and Bool, the bitwise ones for integers.
public enum Reduction: Sendable, CaseIterable {
  case sum, product, min, max
  case logicalAnd, logicalOr
  case bitwiseAnd, bitwiseOr, bitwiseXor

  var handle: MPI_Op {
    switch self {
    case .sum: cmpi_sum()
    case .product: cmpi_prod()
    case .min: cmpi_min()
    case .max: cmpi_max()
    case .logicalAnd: cmpi_land()
    case .logicalOr: cmpi_lor()
    case .bitwiseAnd: cmpi_band()
    case .bitwiseOr: cmpi_bor()
    case .bitwiseXor: cmpi_bxor()
    }
  }
}
