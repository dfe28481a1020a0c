import Launch
import Testing
import Values

@Suite struct LifeSignTests {
  @Test func signsAreEqualWhereAllOfThemIs() {
    let sign = LifeSign(rank: 1, process: 10, host: "a", step: 5, stage: .computing, seconds: 0)
    var other = sign
    other.stage = .writing
    #expect(sign != other)
  }
}
