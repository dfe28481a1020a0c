import Schemas

extension SweepMachine {
  /// The machine's name beside a figure: "Intel Xeon 8581C, AVX-512".
  var inShort: String { "\(withoutMarks(cpu)), \(isa)" }
}
