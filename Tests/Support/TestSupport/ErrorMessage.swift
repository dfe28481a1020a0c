/// What the error of `body` says; a text that no error contains where it throws nothing.
public func message(of body: () throws -> Void) -> String {
  do {
    try body()
    return "<nothing was thrown>"
  } catch {
    return "\(error)"
  }
}
