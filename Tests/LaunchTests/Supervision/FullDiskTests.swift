import Launch
import Testing

@Suite struct FullDiskTests {
  /// An attempt that begins at `step` and ends a second later, because a disk is full.
  private func fill(_ job: inout ScriptedJob, at time: Double, step: Int = 0) -> [String] {
    let said = job.begins(at: time, step: step)
    return said.filter { !$0.contains("training again") }
      + job.at(time + 1, [.ended(.diskFull, code: 1), .exited(code: 1)])
  }

  @Test func itIsWaitedForLongerAndLonger() {
    var job = ScriptedJob(SupervisionLimits(attempts: 1))
    #expect(job.at(0, .began) == ["0 start"])
    var time = 0.0
    for pause in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
      let end = Int(time) + 1
      #expect(
        fill(&job, at: time) == [
          "\(end) clean up", "\(end) say a disk is full, about step 10: starting it again in \(pause) s",
          "\(end) wait until \(end + pause)",
        ])
      time = Double(end + pause)
      #expect(job.at(time, .tick) == ["\(end + pause) start"])
    }
  }

  @Test func untilThereIsNoHope() {
    var job = ScriptedJob(SupervisionLimits(diskPatience: 3600))
    var done = job.at(0, .began)
    var time = 0.0
    while done.last?.hasSuffix("start") == true, time < 5000 {
      done = fill(&job, at: time)
      time += 2
      if done.last?.contains("wait until") == true {
        done = job.until(time + 60)
        time += 60
      }
    }
    #expect(done[line: 1].hasSuffix("say a disk is full; giving up after 3,600 s without progress"))
    #expect(done.last?.hasSuffix("finish 1") == true)
    // The first failure was in second 1.
    #expect(time > 3600 && time < 3600 + 2 * 62)
  }

  @Test func progressCountsAnew() {
    var job = ScriptedJob(SupervisionLimits(diskPatience: 10))
    #expect(job.at(0, .began) == ["0 start"])
    var time = 0.0
    for step in 0..<50 {
      #expect(fill(&job, at: time, step: step).last == "\(Int(time) + 1) wait until \(Int(time) + 2)")
      time += 2
      #expect(job.at(time, .tick).last == "\(Int(time)) start")
    }
  }

  @Test func otherFailuresCountByThemselves() {
    var job = ScriptedJob(SupervisionLimits(attempts: 2))
    #expect(job.at(0, .began) == ["0 start"])
    #expect(fill(&job, at: 0).last == "1 wait until 2")
    #expect(job.at(2, .tick) == ["2 start"])
    #expect(job.begins(at: 2, step: 0).count == 1)
    #expect(job.at(3, .exited(code: 137))[line: 1].hasSuffix("failure 1 of 2 without progress"))
    #expect(fill(&job, at: 4).last == "5 wait until 7")
  }

  /// In the very first attempt, before it has begun.
  @Test func itMayBeFullFromTheStart() {
    var job = ScriptedJob()
    var done = job.at(0, [.began, .started(process: 100, ranks: 2, hosts: 1), .opened("a")])
    done += job.at(1, [.ended(.diskFull, code: 1), .exited(code: 1)])
    #expect(done.last == "1 wait until 2")
  }
}
