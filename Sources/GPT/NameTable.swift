/// The names of a data set, sorted, so that a sorted batch is sorted by letters and neighbours share prefixes.
public final class NameTable: Sendable {
  public let names: [Name]

  public init(_ names: [Name]) { self.names = names.sorted() }

  public var count: Int { names.count }
}
