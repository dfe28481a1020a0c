import Foundation
import Launch
import Schemas
import TestSupport
import Testing

@testable import Doctor

@Suite("a bundle for strangers")
struct BundleTests {
  /// Two machines of one name among three, with all that is private.
  private var facts: JobFacts {
    var hosts = ["vault.alice.example", "cellar", "cellar"].map { soundHost($0) }
    hosts[0].addresses = ["10.9.8.7", "fe80::dead:beef"]
    hosts[1].addresses = ["127.0.0.1"]
    hosts[2].addresses = ["10.9.8.7"]
    hosts[2].machine = "another"
    hosts[0].temporary.path = "/home/alice/tmp"
    hosts[1].pretended = "HWLOC_XMLFILE=\"/home/alice/server.xml\""
    var facts = job(hosts[0])
    facts.hosts = hosts
    facts.ranks = hosts.indices.map { RankFacts(host: $0, cpus: [$0], singleCopy: .works) }
    (facts.program, facts.binder) = ("/home/alice/bin/trainer", ["/home/alice/bin/ddp-launch", "bind"])
    // Under a mask of taskset the line has the binder.
    for index in facts.hosts.indices { facts.hosts[index].allowed = [0, 1] }
    return facts
  }

  @Test("the same findings, and none of the names")
  func anonymous() throws {
    let bundle = DoctorBundle(facts, version: "1.2.3", paying: nil)
    let text = String(decoding: try SchemaJSON.encode(bundle), as: UTF8.self)
    for word in ["vault", "alice", "cellar", "10.9.8.7", "fe80", "home", "trainer", "server.xml"] {
      #expect(!text.contains(word), "\(word) in\n\(text)")
    }
    #expect(bundle.hosts.map(\.host) == ["host-1", "host-2", "host-2"])
    #expect(bundle.examination.findings.map(\.check) == facts.findings.map(\.check))
    let said = bundle.examination.findings.map(\.what)
    #expect(said.contains("host-1, address-1, address-2"), "\(said)")
    #expect(said.contains { $0.hasPrefix("host-2 leads to 127.0.0.1, ") }, "\(said)")
    #expect(said.contains { $0.hasPrefix("several machines are called host-2") }, "\(said)")
    #expect(said.contains { $0.hasPrefix("not this machine's: HWLOC_XMLFILE; ") }, "\(said)")
    #expect(bundle.examination.commandLine.hasSuffix(" ddp-launch bind ddp-train"), "\(bundle.examination.commandLine)")
    #expect(bundle.version == "1.2.3" && !bundle.kernel.isEmpty && bundle.limits.contains { $0.limit == "open files" })
  }

  @Test("variables that are known, with values that are no names")
  func settings() {
    let shown = [
      "OMPI_MCA_btl": "self,vader", "OMPI_MCA_btl_vader_single_copy_mechanism": "none", "PMIX_MCA_gds": "^mmap",
      "OMPI_MCA_mpi_yield_when_idle": "1", "SLURM_TASKS_PER_NODE": "4(x2),3", "LANG": "tr_TR.UTF-8",
      "DDP_TRAIN_CPU": "x86-64-v3",
    ]
    let hidden = [
      "OMPI_MCA_btl_tcp_if_include": "10.1.0.0/16", "OMPI_MCA_orte_tmpdir_base": "/home/alice",
      "OMPI_MCA_orte_default_hostfile": "alice", "OMPI_MCA_orte_precondition_transports": "0123456789abcdef",
      "OMPI_MCA_orte_ess_jobid": "1234567890123", "DDP_TRAIN_JOB": "vault.12.34", "TMPDIR": "/scratch",
      "LD_PRELOAD": "", "LC_ALL": "alice",
    ]
    let unknown = [
      "USER": "1", "HOME": "2", "SLURM_NODELIST": "3", "OMPI_COMMAND": "4", "AWS_SECRET": "5", "PATH": "6",
      "DDP_TRAIN_SIGN_TOKEN": "7", "DDP_TRAIN_SIGNS": "8",
    ]
    let settings = publicSettings(shown.merging(hidden) { $1 }.merging(unknown) { $1 })
    let values = Dictionary(uniqueKeysWithValues: settings.map { ($0.name, $0.value) })
    #expect(values.compactMapValues { $0 } == shown)
    #expect(Set(values.filter { $0.value == nil }.keys) == Set(hidden.keys))
    #expect(settings.map(\.name) == settings.map(\.name).sorted())
  }

  @Test("limits of the process")
  func limits() throws {
    let root = try TemporaryFolder()
    try root.file(
      "proc/self/limits",
      """
      Limit                     Soft Limit           Hard Limit           Units
      Max stack size            8388608              unlimited            bytes
      Max nice priority         0                    0

      """)
    let limits = SystemFiles(root: root.path).processLimits()
    #expect(limits.map(\.limit) == ["stack size", "nice priority"])
    #expect(limits.map(\.soft) == [8_388_608, 0] && limits.map(\.hard) == [nil, 0])
  }
}
