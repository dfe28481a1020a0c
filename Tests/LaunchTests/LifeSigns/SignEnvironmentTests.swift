import Testing

@testable import Launch

@Suite("the environment of life signs") struct SignEnvironmentTests {
  private static func environment(_ addresses: String?, _ token: String?) throws(SignEnvironmentError)
    -> SignEnvironment?
  {
    let values = [SignEnvironment.addressesName: addresses, SignEnvironment.tokenName: token]
    return try SignEnvironment(lookup: { values[$0] ?? nil })
  }

  private static let token = SignToken()

  @Test(
    "is read as it is written",
    arguments: [
      "unix:/run/ddp-train.0a/signs", "unix:/tmp/with blank, comma/signs", "tcp:10.1.0.1:41234",
      "tcp:10.1.0.1:41234,10.2.0.1:1", "tcp:[fd00::1]:65535,127.0.0.1:9",
    ])
  func roundTrip(_ addresses: String) throws {
    let environment = try #require(try Self.environment(addresses, Self.token.digits))
    let written = Dictionary(uniqueKeysWithValues: environment.variables.map { ($0.name, $0.value) })
    #expect(written == ["DDP_TRAIN_SIGNS": addresses, "DDP_TRAIN_SIGN_TOKEN": Self.token.digits])
    #expect(try SignEnvironment(lookup: { written[$0] }) == environment)
    #expect(environment.token == Self.token)
  }

  @Test("without both variables nobody wants signs") func none() throws {
    #expect(try Self.environment(nil, nil) == nil)
  }

  @Test("one without the other is an error that names it") func half() {
    #expect(throws: SignEnvironmentError(variable: "DDP_TRAIN_SIGN_TOKEN", isMissing: true)) {
      try Self.environment("tcp:10.1.0.1:1", nil)
    }
    #expect(throws: SignEnvironmentError(variable: "DDP_TRAIN_SIGNS", isMissing: true)) {
      try Self.environment(nil, Self.token.digits)
    }
  }

  @Test(
    "addresses that mean nothing are refused",
    arguments: [
      "", "unix:", "unix:run/signs", "unix:/a\nb", "unix:/" + String(repeating: "x", count: 107), "tcp:", "tcp:,",
      "tcp:10.1.0.1", "tcp:10.1.0.1:", "tcp:10.1.0.1:0", "tcp:10.1.0.1:65536", "tcp:10.1.0.1:-1", "tcp:10.1.0.1:+1",
      "tcp:10.1.0.1:1,", "tcp:10.1.0.1:1,,10.1.0.2:1", "tcp:host:1", "tcp:10.1.0:1", "tcp:fd00::1:1",
      "tcp:[10.1.0.1]:1",
      "tcp:[fd00::1%eth0]:1", "tcp: 10.1.0.1:1", "udp:10.1.0.1:1", "10.1.0.1:1", "tcp:10.1.0.1\0:1", "tcp:[]:1",
      "tcp:[:1",
      "tcp:" + String(repeating: "1.1.1.1:1,", count: 64) + "1.1.1.1:1",
    ])
  func badAddresses(_ text: String) {
    #expect(throws: SignEnvironmentError(variable: "DDP_TRAIN_SIGNS", isMissing: false)) {
      try Self.environment(text, Self.token.digits)
    }
  }

  @Test("a token is 64 small hexadecimal digits, and no message tells it") func tokens() throws {
    let digits = Self.token.digits
    #expect(digits.utf8.count == 64)
    for text in [
      "", String(digits.dropLast()), digits + "0", String(digits.dropLast()) + "g", "A" + digits.dropFirst(),
    ] {
      let error = #expect(throws: SignEnvironmentError.self) { try Self.environment("tcp:10.1.0.1:1", text) }
      #expect(error?.variable == "DDP_TRAIN_SIGN_TOKEN")
      if !text.isEmpty { #expect(error.map { !"\($0)".contains(text) } == true) }
    }
    let secret = String(digits.suffix(32))
    #expect(!"\(Self.token)".contains(secret) && !String(reflecting: Self.token).contains(secret))
  }

  @Test("tokens are new each time, and equal in all of their digits or not at all") func comparison() throws {
    #expect(Self.token != SignToken())
    #expect(SignToken(digits: Self.token.digits) == Self.token)
    for place in 0..<64 {
      var digits = Array(Self.token.digits.utf8)
      digits[place] = digits[place] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
      #expect(try #require(SignToken(digits: String(decoding: digits, as: UTF8.self))) != Self.token)
    }
  }
}
