import Testing

extension Jobs {
  @Suite("the metrics file")
  struct MetricsFile {
    @Test("has a record a step, and a final one", arguments: [Start.alone, .ranks(3)])
    func everyStep(start: Start) throws {
      let metrics = try train(start, ["--d-model", "16", "--steps", "150"])
      #expect(metrics.records.map(\.step) == Array(1...150))
      #expect(metrics.final.steps == 150)
      #expect(!metrics.final.interrupted)
      #expect(metrics.final.parametersHash.count == 32)
      #expect(metrics.final.parametersHash.allSatisfy { $0.isHexDigit && !$0.isUppercase })
      let last = metrics.losses.suffix(100).reduce(0, +) / 100
      #expect(abs(metrics.final.lossLast100 - last) < 1e-12)
    }

    @Test("--log-every K: one a K steps, and the last step")
    func everyThird() throws {
      let every = try train(.alone, ["--d-model", "16", "--steps", "10"])
      let third = try train(.alone, ["--d-model", "16", "--steps", "10", "--log-every", "3"])
      #expect(third.records.map(\.step) == [3, 6, 9, 10])
      #expect(third.losses == [3, 6, 9, 10].map { every.losses[$0 - 1] })
      #expect(third.final.parametersHash == every.final.parametersHash)
      // The mean of all ten, not of the four that were recorded.
      #expect(third.final.lossLast100 == every.final.lossLast100)
      #expect(abs(every.final.lossLast100 - every.losses.reduce(0, +) / 10) < 1e-12)
    }

    @Test("--log-every beyond the run records its last step")
    func beyond() throws {
      #expect(try train(.alone, ["--steps", "4", "--log-every", "100"]).records.map(\.step) == [4])
    }

    @Test("its times add up", arguments: [Start.alone, .ranks(2)])
    func times(start: Start) throws {
      let metrics = try train(start, ["--d-model", "32", "--steps", "100"])
      for record in metrics.records {
        let phases = [record.forward, record.backward, record.synchronisation, record.wait, record.adam]
        #expect(phases.allSatisfy { $0 >= 0 })
        #expect(record.forward > 0 && record.backward > 0 && record.adam > 0)
        // With a record a step, the phases are parts of that very step.
        #expect(phases.reduce(0, +) <= record.microsecondsPerStep, "step \(record.step)")
        // A batch of 16 names has 3 to 16 positions a name.
        let positions = record.positionsPerSecond * record.microsecondsPerStep * 1e-6
        #expect(abs(positions - positions.rounded()) < 1e-6)
        #expect((48...256).contains(positions))
      }
      let elapsed = metrics.records.map(\.elapsedSeconds)
      #expect(elapsed == elapsed.sorted())
      let median = metrics.records.map(\.microsecondsPerStep).sorted()[49...50].reduce(0, +) / 2
      // Each step time is kept in float32.
      #expect(abs(metrics.final.microsecondsPerStep - median) < 1e-6 * median)
    }

    @Test("one rank waits for nobody")
    func noWait() throws {
      #expect(try train(.alone, ["--steps", "20"]).records.allSatisfy { $0.wait == 0 })
      #expect(try train(.ranks(2), ["--steps", "20"]).records.allSatisfy { $0.wait > 0 })
    }
  }
}
