/// What ranks need to give life signs, in their environment.
public struct SignEnvironment: Equatable, Sendable {
  /// In the order in which they are tried.
  public let addresses: [SignAddress]
  public let token: SignToken

  public static let addressesName = "DDP_TRAIN_SIGNS"
  public static let tokenName = "DDP_TRAIN_SIGN_TOKEN"

  init(addresses: [SignAddress], token: SignToken) {
    self.addresses = addresses
    self.token = token
  }

  /// For the environment of the job, never for an argument: others can read arguments.
  public var variables: [(name: String, value: String)] {
    [(Self.addressesName, SignAddress.list(addresses)), (Self.tokenName, token.digits)]
  }

  /// From a rank's environment.
  ///
  /// - Parameter lookup: the value of a variable; nil where it is not set.
  /// - Returns: nil where neither variable is set: nobody wants signs.
  /// - Throws: where one is missing or means nothing.
  public init?(lookup: (String) -> String?) throws(SignEnvironmentError) {
    let (addresses, token) = (lookup(Self.addressesName), lookup(Self.tokenName))
    if addresses == nil, token == nil { return nil }
    guard let addresses else { throw SignEnvironmentError(variable: Self.addressesName, isMissing: true) }
    guard let token else { throw SignEnvironmentError(variable: Self.tokenName, isMissing: true) }
    guard let list = SignAddress.list(written: addresses) else {
      throw SignEnvironmentError(variable: Self.addressesName, isMissing: false)
    }
    guard let secret = SignToken(digits: token) else {
      throw SignEnvironmentError(variable: Self.tokenName, isMissing: false)
    }
    self.init(addresses: list, token: secret)
  }
}

/// A variable that the supervisor sets has been lost, or changed by somebody else. Its value may be secret and is not told.
public struct SignEnvironmentError: Error, Equatable, Sendable, CustomStringConvertible {
  public let variable: String
  /// While the other one is set.
  public let isMissing: Bool

  public var description: String {
    isMissing
      ? "\(variable) is not set, but its companion is: does mpirun pass on the whole environment?"
      : "\(variable) is not what a supervisor writes"
  }
}
