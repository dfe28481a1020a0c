import Foundation
import Schemas
import TestSupport
import Testing

@Suite("Files as JSON")
struct SchemaJSONTests {
  /// Encodes, decodes and encodes again.
  private func survives(_ file: some FileFormat, version: Int = newestFormat) throws {
    let once = try SchemaJSON.encode(file)
    #expect(try SchemaJSON.encode(SchemaJSON.decode(once, as: type(of: file))) == once)
    let object = try #require(JSONSerialization.jsonObject(with: once) as? [String: Any])
    #expect(object["format_version"] as? Int == version)
  }

  @Test("names that are written while they are drawn come to the file of all of them")
  func namesFile() throws {
    let names = [
      GeneratedName { ($0.name, $0.logProbability, $0.drawnLogProbability) = ("anna", -9.5, -7.25e-3) },
      GeneratedName { ($0.name, $0.logProbability, $0.inData) = ("z", -1e-300, true) },
    ]
    let whole = NamesFile { ($0.seed, $0.temperature, $0.names) = ("18446744073709551615", 0.6, names) }
    let frame = try whole.frame()
    var lines: [UInt8] = []
    for name in names {
      let letters = name.name.utf8.map { $0 - UInt8(ascii: "a") }
      letters.withUnsafeBufferPointer {
        GeneratedName.appendLine(
          letters: $0, logProbability: name.logProbability, drawnLogProbability: name.drawnLogProbability,
          inData: name.inData, to: &lines)
      }
    }
    let rows = String(decoding: lines, as: UTF8.self)
    #expect(try rows == names.map { ", " + (try JSONTree($0).line) + "\n" }.joined())
    let text = frame.head + " " + rows.dropFirst() + frame.tail
    #expect(text.split(separator: "\n").count == names.count + 2)
    let read = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(read["seed"] as? String == whole.seed && (read["names"] as? [[String: Any]])?.count == 2)
  }

  @Test("every file survives JSON, numbers that are not finite too")
  func roundTrips() throws {
    try survives(
      BenchFile {
        $0.results = [
          BenchResult {
            ($0.usPerStepP10, $0.rows) = (31.320999999999998, .infinity)
            $0.phases = ["adam": 1.5]
          }
        ]
      })
    try survives(SynchronisationFile { $0.results = [SynchronisationResult { $0.bareAllreduceUs = 8.132 }] })
    try survives(GenerationFile { $0.generation = [GenerationResult { $0.lettersPerSecond = 8.25e6 }] })
    try survives(LadderFile { $0.rungs = [RungResult { $0.gradientDifference = 3e-7 }] })
    try survives(
      PredictionFile {
        ($0.compute, $0.prices) = (["16": ComputePrices()], ["auto": Prices()])
        ($0.exchanges, $0.checks, $0.predictions) = ([MeasuredExchange()], [ExchangeCheck()], [Prediction()])
      })
    try survives(
      Examination {
        $0.findings = [
          Finding { ($0.severity, $0.hosts, $0.whatToDo) = (.advice, ["a"], "wait") }, Finding(),
        ]
        $0.isUnderMpiRun = true
        $0.topologies = [
          HostTopology {
            $0.domains = [DomainResult { $0.ranks = 3 }, DomainResult()]
            $0.kinds = [KindResult { $0.efficiency = 1 }, KindResult()]
          }
        ]
        $0.memory = [RunMemoryResult { $0.hostBytes = 5 }, RunMemoryResult()]
      })
    try survives(
      ScalingReport {
        ($0.results, $0.cost, $0.late) = (
          [ScalingResult()], [ScalingCost(), ScalingCost { $0.cost = 2 }], [LateRank()]
        )
        ($0.predictions, $0.assumptions) = ([Prediction()], ["none"])
      })
    let trials = [
      TrialRecord { ($0.trainingLoss, $0.rung, $0.curve) = (2.5, 0, [3, .infinity]) },
      TrialRecord { ($0.outcome, $0.reason, $0.learningRate) = ("diverged", "at step 3", 1e300) },
    ]
    try survives(
      SweepFile {
        ($0.handOutMs, $0.target) = (HandOutWait { $0.median = 0.1 }, 2)
        ($0.calibration, $0.trials) = ([CalibrationRecord()], trials)
      })
    try survives(SweepHeader { $0.machine.cpu = "a CPU" })
    try survives(
      RaceFile {
        ($0.reference, $0.race) = (RaceResult(), [RaceResult { $0.seeds = [SeedResult { $0.trainingLoss = 1.9 }] }])
        ($0.timeToTarget, $0.stepsToTarget) = ([RaceTime()], [BatchSteps()])
        ($0.hyperbola, $0.stepTimes) = (Hyperbola(), [BatchTime { $0.secondsToTarget = .infinity }])
        ($0.budget, $0.definitions, $0.notMeasured) = ([BudgetResult()], ["a loss"], ["its time"])
      })
    try survives(MetricsSummary { $0.resumedFromStep = 5 }, version: 2)
    try survives(TraceOrigin { $0.clocks = [TraceClock()] })
  }

  private static func golden(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: PackagePaths.file("Tests/golden/0.1.0/\(name)")))
  }

  @Test("files of release 0.1.0 are read, and are of no version")
  func earlier() throws {
    func read<File: FileFormat>(_ name: String, as type: File.Type) throws -> File {
      let file = try SchemaJSON.decode(Self.golden(name), as: type)
      #expect(file.formatVersion == nil, "\(name)")
      return file
    }
    #expect(try read("bench.json", as: BenchFile.self).results.map(\.usPerStepP10) == [29.484])
    #expect(try read("bench-sync.json", as: SynchronisationFile.self).results.count == 5)
    #expect(try read("ladder.json", as: LadderFile.self).rungs.first?.usPerSample == 1584.413625)
    #expect(try read("predict.json", as: PredictionFile.self).compute["16"]?.passes == 1.1800218389101236)
    #expect(try ScalingReport(json: Self.golden("scaling.json")).results.count == 8)
  }

  @Test("camel case is read as snake case is")
  func camelCase() throws {
    let findings = #"[{"severity": "advice", "check": "c", "what": "w", "whatToDo": "d"}]"#
    let text = #"{"findings": \#(findings), "commandLine": "mpirun", "hosts": 1, "ranks": 2, "isUnderMpiRun": true}"#
    let examination = try SchemaJSON.decode(Data(text.utf8), as: Examination.self)
    #expect(examination.commandLine == "mpirun" && examination.findings.first?.whatToDo == "d")
  }

  @Test("a version that is not known is refused, keys that are not known are skipped")
  func versions() throws {
    let text = String(decoding: try Self.golden("scaling.json"), as: UTF8.self)
    let report = try ScalingReport(json: Data(text.replacing("{\n  \"assump", with: "{\"new\": [1], \"assump").utf8))
    #expect(report.assumptions.count == 3)
    let error = #expect(throws: ReportError.self) {
      try ScalingReport(json: Data(text.replacing("{\n  \"assump", with: "{\"format_version\": 2, \"assump").utf8))
    }
    #expect(error?.description.contains("format_version is 2, and must be from 1 to 1") == true)
  }

  @Test("a line of JSON: what is nil is left out, what is not finite is null, text is escaped")
  func line() throws {
    let record = MetricsRecord { ($0.step, $0.loss, $0.usPerStep) = (3, .infinity, 0.1) }
    let line = try JSONTree(record).line
    #expect(
      line.hasPrefix(
        #"{"type": "step", "step": 3, "loss": null, "learning_rate": null, "elapsed_seconds": null, "us_per_step": 0.1, "#
      ))
    let event = TraceEvent { ($0.ph, $0.name, $0.args.name) = ("M", "process_name", "a\"b\\c\nd\u{202E}é") }
    #expect(
      try JSONTree(event).line
        == #"{"ph": "M", "pid": 0, "name": "process_name", "args": {"name": "a\"b\\c\nd\u202eé"}}"#)
  }

  @Test("every whole number of a report has a range")
  func ranges() throws {
    let machine = Machine { ($0.ranks, $0.cores) = (1, 1) }
    let results = [
      ScalingResult {
        ($0.c, $0.heads, $0.batch, $0.globalBatch, $0.ranks, $0.gradientBytes) = (16, 4, 16, 16, 1, 16768)
      }
    ]
    let costs = [ScalingCost { ($0.c, $0.batch, $0.cost, $0.upTo) = (16, 16, 2, 2) }]
    let late = [LateRank { ($0.c, $0.globalBatch, $0.ranks) = (16, 16, 2) }]
    let predictions = [Prediction { ($0.c, $0.batch, $0.globalBatch, $0.ranks) = (16, 16, 16, 2) }]
    let report = ScalingReport {
      ($0.machine, $0.results, $0.cost, $0.late, $0.predictions) = (machine, results, costs, late, predictions)
    }
    _ = try ScalingReport(json: SchemaJSON.encode(report))
    for text in ["\"c\" : 16", "\"of_steps\" : 0", "\"up_to\" : 2", "\"cores\" : 1", "\"gradient_bytes\" : 16768"] {
      let json = String(decoding: try SchemaJSON.encode(report), as: UTF8.self)
      let key = text.prefix { $0 != " " }
      #expect(json.contains(text) && isRefused(json.replacing(text, with: "\(key) : -1")), "\(text)")
    }
    func isRefused(_ json: String) -> Bool { (try? ScalingReport(json: Data(json.utf8))) == nil }
  }

  @Test("what is not of a sweep is refused by its key")
  func sweepLimits() throws {
    let trial = TrialRecord {
      ($0.c, $0.heads, $0.batch, $0.steps, $0.rung) = (16, 4, 8, 10, 0)
      ($0.learningRate, $0.beta2, $0.trainingLoss, $0.curve) = (1e300, 0.99, .nan, [2.5])
    }
    let file = SweepFile {
      ($0.ranks, $0.ranksPerTrial, $0.target, $0.trials) = (2, 1, 2, [trial])
      $0.calibration = [CalibrationRecord { ($0.c, $0.heads, $0.batch, $0.usPerStep) = (16, 4, 8, 20) }]
    }
    let json = String(decoding: try SchemaJSON.encode(file), as: UTF8.self)
    guard case .sweep(let read) = try PageFile(json: Data(json.utf8)), read.trials.count == 1 else {
      Issue.record("a sweep is no sweep")
      return
    }
    for (key, value) in [
      ("c", "-1"), ("heads", "0"), ("batch", "1048577"), ("steps", "0"), ("warm_up", "-1"), ("batch_ramp", "21"),
      ("seed", "-1"), ("ranks", "-1"), ("ranks_per_trial", "0"), ("trained", "-1"), ("rung", "65"),
      ("format_version", "2"), ("learning_rate", "\"nan\""), ("beta_2", "1"), ("average", "1"), ("target", "0"),
      ("training_loss", "-1"), ("seconds", "1e16"), ("us_per_step", "-1"), ("outcome", "\"lost\""),
      ("schedule", "\"\(String(repeating: "x", count: 100_000))\""), ("kind", "\"page\""),
    ] {
      let lines = json.split(separator: "\n").map { line in
        line.contains("\"\(key)\" :") ? "\"\(key)\" : \(value)\(line.hasSuffix(",") ? "," : "")" : String(line)
      }
      let changed = lines.joined(separator: "\n")
      #expect(changed != json)
      let error = #expect(throws: ReportError.self, "\(key)") { try PageFile(json: Data(changed.utf8)) }
      #expect(error?.description.contains(key) == true, "\(key): \(String(describing: error))")
    }
    let empty = try SchemaJSON.encode(SweepFile { ($0.ranks, $0.ranksPerTrial) = (1, 1) })
    #expect(throws: ReportError.notAReport("trials is empty")) { try PageFile(json: empty) }
    var long = file
    long.trials[0].curve = [Double](repeating: 2.5, count: 1001)
    #expect(throws: ReportError.notAReport("trials[0].curve has more than 1000 entries")) {
      try PageFile(json: SchemaJSON.encode(long))
    }
  }

  @Test("what is not of a race is refused by its key")
  func raceLimits() throws {
    let result = RaceResult {
      ($0.c, $0.heads, $0.batch, $0.steps, $0.ranks) = (16, 4, 8, 10, 2)
      ($0.learningRate, $0.beta2, $0.ratio, $0.curve) = (0.01, 0.99, 0.5, [2.5])
      $0.seeds = [SeedResult { ($0.seed, $0.seconds) = (101, 0.5) }]
    }
    let file = RaceFile {
      ($0.ranks, $0.target, $0.race, $0.reference) = (2, 2, [result], result)
      $0.stepsToTarget = [BatchSteps { ($0.batch, $0.learningRate, $0.steps) = (8, 0.01, 10) }]
    }
    let json = String(decoding: try SchemaJSON.encode(file), as: UTF8.self)
    guard case .race(let read) = try PageFile(json: Data(json.utf8)), read.race.count == 1 else {
      Issue.record("a race is no race")
      return
    }
    for (key, value) in [
      ("c", "-1"), ("batch", "1048577"), ("steps", "0"), ("seed", "-1"), ("ranks", "0"), ("learning_rate", "\"nan\""),
      ("beta_2", "1"), ("target", "0"), ("seconds", "1e16"), ("ratio", "-1"),
    ] {
      let lines = json.split(separator: "\n").map { line in
        line.contains("\"\(key)\" :") ? "\"\(key)\" : \(value)\(line.hasSuffix(",") ? "," : "")" : String(line)
      }
      let error = #expect(throws: ReportError.self, "\(key)") {
        try PageFile(json: Data(lines.joined(separator: "\n").utf8))
      }
      #expect(error?.description.contains(key) == true, "\(key): \(String(describing: error))")
    }
    var long = file
    long.race = [RaceResult](repeating: result, count: 1001)
    #expect(throws: ReportError.notAReport("race has more than 1000 entries")) {
      try PageFile(json: SchemaJSON.encode(long))
    }
  }
}
