import DataParallel
import GPT
import Options
import Values

/// An option that can change nothing beside the others is a mistake of whoever gave it: it is refused, and the error says
/// why. Three kinds are no mistakes. One that has no effect on this number of ranks or on this machine: scripts run the
/// same line on many. One that asks for what is so anyway. And one in a configuration file, which serves several commands
/// and more than one start.
extension OptionValues {
  /// - Parameter reason: what follows "has no effect".
  /// - Throws: `OptionError` where the command line gives the option.
  func refuse<Value>(
    _ option: KeyPath<Table, Declared<Value>>, if hasNone: Bool, _ reason: String
  ) throws(OptionError) {
    guard hasNone, isOnCommandLine(option) else { return }
    throw OptionError("--\(Table()[keyPath: option].name) has no effect \(reason)")
  }
}

extension OptionValues<TrainingOptions> {
  /// - Throws: `OptionError` for the first option of the command line that has no effect beside the others.
  func requireEffect() throws(OptionError) {
    let isSilent = self.metrics == nil && (self.quiet || self.progress == .never)
    let onSilence = "where neither --metrics nor lines of progress report steps"
    try refuse(
      \.bucketKiB, if: self.sync != .overlap && !self.syncTournament,
      "on --sync \(self.sync): it is the size of what --sync overlap sends")
    try refuse(\.temperature, if: self.generate == 0, "with --generate 0: no name is written")
    try requireShownProgress()
    try validateLocalSteps()
    try refuse(\.logEvery, if: isSilent, onSilence)
    try refuse(\.evalEvery, if: self.eval && isSilent, onSilence)
    try refuse(
      \.noiseScaleEvery, if: self.noiseScaleEvery > 0 && self.quiet && self.metrics == nil,
      "with --quiet and without --metrics: nothing reports it")
    try refuse(
      \.watts, if: self.quiet && self.metrics == nil, "with --quiet and without --metrics: nothing reports it")
    try refuse(
      \.average, if: self.average > 0 && !self.eval && self.generate == 0 && self.checkpointDir == nil,
      "where neither --eval nor generated names nor checkpoints have the mean")
  }

  /// - Throws: `OptionError` where the command line asks for progress and for quiet.
  func requireShownProgress() throws(OptionError) {
    try refuse(\.progress, if: self.quiet && self.progress != .never, "with --quiet, which shows none")
  }
}

extension OptionValues<SweepOptions> {
  /// - Throws: `OptionError` for the first option of the command line that has no effect beside the others.
  func requireEffect() throws(OptionError) {
    try refuse(
      \.calibration, if: self.isGiven(\.steps) || self.isGiven(\.names),
      "with --steps or --names: step times make steps of --budget")
  }
}

extension OptionValues<EngineTable> {
  /// - Throws: `OptionError` for the first option of the command line that has no effect beside the others.
  func requireEffect() throws(OptionError) {
    try refuse(
      \.sme2From, if: self.kind != .auto, "with --engine \(self.kind): it says where --engine auto changes over")
  }
}

extension OptionValues<RaceCommand.Table> {
  /// - Throws: `OptionError` for the first option of the command line that has no effect beside the others.
  func requireEffect() throws(OptionError) {
    let why = "with --from: nothing is searched for"
    try refuse(\.dModel, if: self.from != nil, why)
    try refuse(\.batch, if: self.from != nil, why)
    try refuse(\.schedule, if: self.from != nil, why)
    try refuse(\.syncEvery, if: self.from != nil, why)
    let noGroups = "without --sync-every: no groups are raced"
    try refuse(\.groups, if: self.syncEvery.isEmpty, noGroups)
    try refuse(\.outer, if: self.syncEvery.isEmpty, noGroups)
    try refuse(\.syncOverlap, if: self.syncEvery.isEmpty && self.syncOverlap, noGroups)
    try refuse(\.outerRate, if: self.outer == .average, OuterKind.withoutMomentum)
    try refuse(\.outerMomentum, if: self.outer == .average, OuterKind.withoutMomentum)
    try refuse(\.ranksPerHost, if: self.from != nil, "with --from: it is of predictions, which take a search")
    try refuse(\.budget, if: self.noBudget, "with --no-table, which leaves its table out")
  }
}

extension OptionValues<LessonCommand.Table> {
  /// - Throws: `OptionError` for the first option of the command line that has no effect beside the others.
  func requireEffect() throws(OptionError) {
    let why = "with --from: nothing is measured"
    try refuse(\.quick, if: self.from != nil, why)
    try refuse(\.ranks, if: self.from != nil, why)
  }
}

extension OptionValues<Bench.Table> {
  /// - Throws: `OptionError` for the first option of the command line that has no effect beside the others.
  func requireEffect() throws(OptionError) {
    let why = "without --generate"
    try refuse(\.model, if: !self.generate, why)
    try refuse(\.names, if: !self.generate, why)
    try refuse(\.temperature, if: !self.generate, why)
  }
}
