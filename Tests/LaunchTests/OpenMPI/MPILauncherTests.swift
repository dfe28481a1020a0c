import TestSupport
import Testing

@testable import Launch

@Suite("which mpirun is Open MPI's") struct MPILauncherTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("it's my folder") }

  private func openMPI(_ version: String) -> String { "echo 'mpirun (Open MPI) \(version)'; echo Report bugs" }
  private let mpich = "echo HYDRA build details:; echo Version: 4.0"

  private func found(_ folders: String..., chosen: String? = nil, preferred: String? = nil) -> MPILauncher? {
    var environment = ["PATH": folders.map { folder.path($0) }.joined(separator: ":")]
    environment["DDP_TRAIN_MPIRUN"] = chosen
    return MPILauncher(environment: environment, preferred: preferred)
  }

  @Test("the first in PATH, by its path, name and version, also below a folder with a quote and a blank") func first()
    throws
  {
    let path = try folder.script("a/mpirun", openMPI("4.1.4"))
    try folder.script("b/mpirun", openMPI("5.0.7"))
    #expect(found("none", "a", "b") == MPILauncher(name: "mpirun", path: path, version: "4.1.4"))
    #expect(found("b", "a")?.version == "5.0.7")
  }

  @Test("one that hangs, with or without a word, is none") func hangs() throws {
    let began = ContinuousClock.now
    let silent = try folder.script("silent/mpirun", "sleep 1000; \(openMPI("4.1.4"))")
    #expect(openMPIVersion(of: silent, within: 1) == nil)
    let deaf = try folder.script("deaf/mpirun", "trap '' TERM; \(openMPI("4.1.4")); while :; do sleep 1; done")
    #expect(openMPIVersion(of: deaf, within: 1) == nil)
    #expect(ContinuousClock.now - began < .seconds(300))
  }

  @Test("MPICH's comes first in PATH, and is passed by") func otherLibrary() throws {
    try folder.script("mpich/mpirun", mpich)
    let later = try folder.script("later/mpirun", openMPI("5.0.7"))
    #expect(found("mpich", "later")?.path == later)
    #expect(found("mpich") == nil)
    let renamed = try folder.script("mpich/mpirun.openmpi", openMPI("4.1.4"))
    #expect(found("mpich") == MPILauncher(name: "mpirun.openmpi", path: renamed, version: "4.1.4"))
  }

  @Test("a version that is preferred is taken, wherever it stands") func preferred() throws {
    try folder.script("a/mpirun", openMPI("5.0.7"))
    try folder.script("a/mpirun.openmpi", openMPI("4.1.4"))
    #expect(found("a", preferred: "4.1.4")?.name == "mpirun.openmpi")
    #expect(found("a", preferred: "5.0.7")?.name == "mpirun")
    #expect(found("a", preferred: "4.1.5")?.name == "mpirun")
  }

  @Test("DDP_TRAIN_MPIRUN is the one, or none is; empty it says nothing") func chosen() throws {
    try folder.script("a/mpirun", openMPI("4.1.4"))
    let other = try folder.script("other/my mpirun", openMPI("5.0.7"))
    #expect(found("a", chosen: other) == MPILauncher(name: "my mpirun", path: other, version: "5.0.7"))
    #expect(found("a", chosen: other, preferred: "4.1.4")?.path == other)
    #expect(found("a", chosen: "")?.version == "4.1.4")
    let wrong = try folder.script("other/mpich", mpich)
    #expect(found("a", chosen: wrong) == nil)
    #expect(found("a", chosen: folder.path("other/none")) == nil)
  }

  @Test("what is no program, says nothing or much, or fails is passed by") func useless() throws {
    try folder.file("text/mpirun", "echo 'mpirun (Open MPI) 1'")
    try folder.script("silent/mpirun", "exit 3")
    try folder.script("folder/mpirun/inside", "")
    try folder.script("loud/mpirun", "head -c 300000 /dev/zero")
    try folder.script("errors/mpirun", "exec >&2; \(openMPI("1"))")
    try folder.script("good/mpirun", openMPI("4.1.4"))
    #expect(found("text", "silent", "folder", "loud", "errors", "good")?.version == "4.1.4")
    #expect(found("text", "silent", "folder", "loud", "errors") == nil)
  }

  @Test("it gets no input, and nothing of its path is a command") func hostile() throws {
    let path = try folder.script("a/$(touch x)`touch x`;\"x", "read line && exit; \(openMPI("4.1.4"))")
    #expect(MPILauncher(environment: ["DDP_TRAIN_MPIRUN": path])?.path == path)
  }
}
