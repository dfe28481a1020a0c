import Testing

@testable import ddp_train

@Suite("what a run's names cost, in words")
struct RunCostTests {
  private func words(_ energy: EnergyWatch.Found?, watts: Double? = nil, names: Int = 2_000_000) -> String {
    RunCost(coreSeconds: 35, names: names, energy: energy, watts: watts).words
  }

  @Test("measured, assumed, neither, and no name")
  func each() {
    let measured = EnergyWatch.Found(joules: 400, source: "package-0 + dram", obstacle: nil)
    let expected = "17.5 core-seconds and 200 J per million names; 400 J in all, of package-0 + dram"
    #expect(words(measured) == expected)
    #expect(words(measured, watts: 5) == expected, "nothing needs to be assumed")
    let none = EnergyWatch.Found(joules: nil, source: nil, obstacle: "no counter")
    #expect(words(none) == "17.5 core-seconds per million names; energy is not measurable here: no counter")
    #expect(
      words(none, watts: 4)
        == "17.5 core-seconds per million names; at 4.00 W a core, which is assumed, 70.0 J, and 140 J in all")
    #expect(words(measured, names: 0) == "–")
  }
}
