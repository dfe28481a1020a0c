import Foundation
import Schemas
import TestSupport
import Testing

/// The tables of keys in the documents against the types: a key that is in one of them alone fails.
@Suite("Documented keys")
struct DocumentedKeysTests {
  /// Each object of a file, by the document and the heading whose table lists its keys.
  private static let objects: [(document: String, heading: String, object: any FileRecord)] = [
    ("metrics.md", "Steps", MetricsRecord()), ("metrics.md", "Evaluations", MetricsEvaluation()),
    ("metrics.md", "Noise scales", MetricsNoiseScale()), ("metrics.md", "Links", MetricsLink()),
    ("metrics.md", "The final line", MetricsSummary()),
    ("trace.md", "`traceEvents`", TraceEvent()), ("trace.md", "`args`", TraceEvent.Arguments()),
    ("trace.md", "`otherData`", TraceOrigin()), ("trace.md", "`clocks`", TraceClock()),
    ("formats.md", "`bench`", BenchFile()), ("formats.md", "`results` of `bench`", BenchResult()),
    ("formats.md", "`bench --sync`", SynchronisationFile()),
    ("formats.md", "`results` of `bench --sync`", SynchronisationResult()),
    ("formats.md", "`bench --sync --transports`", TransportsFile()), ("formats.md", "`transports`", TransportResult()),
    ("formats.md", "`bench --generate`", GenerationFile()), ("formats.md", "`generation`", GenerationResult()),
    ("formats.md", "`generate --json`", NamesFile()), ("formats.md", "`names`", GeneratedName()),
    ("formats.md", "`ceiling`", CeilingFile()), ("formats.md", "`ceiling` rows", CeilingResult()),
    ("formats.md", "`ladder`", LadderFile()), ("formats.md", "`rungs`", RungResult()),
    ("formats.md", "`scaling`", ScalingReport()), ("formats.md", "`machine`", Machine()),
    ("formats.md", "`results` of `scaling`", ScalingResult()), ("formats.md", "`cost`", ScalingCost()),
    ("formats.md", "`late`", LateRank()), ("formats.md", "`predictions`", Prediction()),
    ("formats.md", "`lesson`", LessonFile()), ("formats.md", "`parts`", LessonPart()),
    ("formats.md", "`predict`", PredictionFile()), ("formats.md", "`compute`", ComputePrices()),
    ("formats.md", "`prices`", Prices()), ("formats.md", "`network`, `node`", Link()),
    ("formats.md", "`exchanges`", MeasuredExchange()), ("formats.md", "`checks`", ExchangeCheck()),
    ("formats.md", "`sweep`", SweepFile()), ("formats.md", "`machine` of `sweep` and `race`", SweepMachine()),
    ("formats.md", "`hand_out_ms`", HandOutWait()), ("formats.md", "`calibration`", CalibrationRecord()),
    ("formats.md", "`trials`", TrialRecord()), ("formats.md", "`sweep --results`", SweepHeader()),
    ("formats.md", "`race`", RaceFile()), ("formats.md", "`reference`, `race`", RaceResult()),
    ("formats.md", "`seeds`", SeedResult()), ("formats.md", "`time_to_target`", RaceTime()),
    ("formats.md", "`steps_to_target`", BatchSteps()), ("formats.md", "`hyperbola`", Hyperbola()),
    ("formats.md", "`critical_batch`", CriticalBatch()), ("formats.md", "`noise_scale`", NoisePoint()),
    ("formats.md", "`rank_limit`", RankLimit()),
    ("formats.md", "`step_times`", BatchTime()), ("formats.md", "`budget`", BudgetResult()),
    ("formats.md", "`origin`", Origin()), ("formats.md", "`compare`", ComparisonFile()),
    ("formats.md", "`differences`", OriginDifference()), ("formats.md", "`figures`", FigureComparison()),
    ("formats.md", "`info FILE --json`", ModelFile()), ("formats.md", "`metadata`", MetadataEntry()),
    ("formats.md", "`tensors`", TensorEntry()), ("formats.md", "`checkpoints`", CheckpointEntry()),
    ("formats.md", "`info --model --json`", RooflineFile()), ("formats.md", "`levels`", MemoryLevel()),
    ("formats.md", "`models`", ModelSize()), ("formats.md", "`phases` of `models`", PhaseSize()),
    ("formats.md", "`verify --json`", VerificationFile()), ("formats.md", "`problems`", ChainProblem()),
    ("formats.md", "`parted`", PartedBits()), ("formats.md", "`verify --compare --json`", ChainComparisonFile()),
    ("formats.md", "`differences` of `verify --compare`", SettingDifference()),
    ("formats.md", "`doctor --json`", Examination()), ("formats.md", "`findings`", Finding()),
    ("formats.md", "`topologies`", HostTopology()), ("formats.md", "`domains`", DomainResult()),
    ("formats.md", "`kinds`", KindResult()), ("formats.md", "`memory`", RunMemoryResult()),
    ("formats.md", "`doctor --bundle`", DoctorBundle()), ("formats.md", "`hosts` of `doctor --bundle`", BundledHost()),
    ("formats.md", "`limits`", ProcessLimit()), ("formats.md", "`environment`", EnvironmentSetting()),
  ]

  @Test("each object's keys are those of its table", arguments: objects.indices)
  func keys(index: Int) throws {
    let (document, heading, object) = Self.objects[index]
    let documented = try Self.tables(in: document)[heading] ?? []
    let declared = try JSONTree(object).fields.map(\.key)
    #expect(Set(documented) == Set(declared), "docs/\(document), \(heading)")
    #expect(documented.count == Set(documented).count, "docs/\(document), \(heading): a key twice")
  }

  @Test("no table of keys is of no object")
  func tables() throws {
    for document in ["metrics.md", "trace.md", "formats.md"] {
      let known = Set(Self.objects.filter { $0.document == document }.map(\.heading))
      #expect(Set(try Self.tables(in: document).keys) == known, "docs/\(document)")
    }
  }

  /// The keys in the first column of each table that begins with `| key |`, by the heading above it.
  private static func tables(in document: String) throws -> [String: [String]] {
    let text = try String(contentsOfFile: PackagePaths.file("docs/\(document)"), encoding: .utf8)
    var tables: [String: [String]] = [:]
    var heading = ""
    var isInTable = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#") { heading = String(line.drop { $0 == "#" || $0 == " " }) }
      if line.hasPrefix("| key |") { (isInTable, tables[heading]) = (true, []) }
      if !line.hasPrefix("|") { isInTable = false }
      guard isInTable, let cell = line.split(separator: "|").first else { continue }
      tables[heading]? += cell.matches(of: /`([a-z0-9_]+)`/).map { String($0.output.1) }
    }
    return tables
  }
}
