import MPI
import Testing

/// Who started a process, from its environment alone.
@Suite("launchers")
struct LaunchTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let variables: [String: String]
    let launch: Launch

    init(_ what: String, _ variables: [String: String], _ launch: Launch) {
      (testDescription, self.variables, self.launch) = (what, variables, launch)
    }
  }

  private static let job = ["SLURM_JOB_ID": "7", "SLURM_JOBID": "7", "SLURM_NTASKS": "4", "SLURM_NPROCS": "4"]
  /// What srun gives its third task of four.
  private static let step = job.merging([
    "SLURM_STEP_ID": "0", "SLURM_STEPID": "0", "SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "2", "SLURM_LOCALID": "2",
  ]) { $1 }
  private static let lonelyStep = step.merging(["SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"]) { $1 }

  static let cases = [
    Case("nobody", [:], .alone),
    Case("a shell with other things in it", ["OMPI_MCA_btl": "self,tcp", "PMIX_SERVER_TMPDIR": "/tmp"], .alone),
    Case("leftovers of a PMI without a rank", ["PMI_FD": "7", "PMI_SIZE": "4", "PMI_JOBID": "1"], .alone),
    Case("a batch script of Slurm", job.merging(["SLURM_PROCID": "0", "SLURM_LOCALID": "0"]) { $1 }, .alone),
    Case("the shell of salloc", job, .alone),
    Case("the shell of salloc as a step", lonelyStep.merging(["SLURM_STEP_ID": "4294967290"]) { $1 }, .alone),
    Case("srun -n 1", lonelyStep, .alone),
    Case(
      "srun -n 1 --mpi=pmix", lonelyStep.merging(["PMIX_RANK": "0", "PMIX_NAMESPACE": "slurm.pmix.7.0"]) { $1 }, .alone),
    Case("srun -n 1 --mpi=pmi2", lonelyStep.merging(["PMI_RANK": "0", "PMI_SIZE": "1"]) { $1 }, .alone),
    Case("srun -n 4", step, .task(2, of: 4, by: .slurm)),
    Case(
      "srun -n 4 --mpi=pmix", step.merging(["PMIX_RANK": "2", "PMIX_NAMESPACE": "slurm.pmix.7.0"]) { $1 },
      .task(2, of: 4, by: .pmix)),
    Case("srun -n 4 --mpi=pmi2", step.merging(["PMI_RANK": "2", "PMI_SIZE": "4"]) { $1 }, .task(2, of: 4, by: .pmi)),
    Case(
      "mpirun -np 3", ["OMPI_COMM_WORLD_SIZE": "3", "OMPI_COMM_WORLD_RANK": "1", "PMIX_RANK": "1"],
      .task(1, of: 3, by: .mpirun)),
    Case("mpirun -np 1", ["OMPI_COMM_WORLD_SIZE": "1", "OMPI_COMM_WORLD_RANK": "0"], .task(0, of: 1, by: .mpirun)),
    Case(
      "mpirun on two nodes of Slurm, whose daemons are a step of two",
      step.merging(["SLURM_STEP_NUM_TASKS": "2", "OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_RANK": "5"]) { $1 },
      .task(5, of: 8, by: .mpirun)),
    Case(
      "another PMIx in a step of one", lonelyStep.merging(["PMIX_RANK": "3", "PMIX_NAMESPACE": "prte-1"]) { $1 },
      .task(3, of: nil, by: .pmix)),
    Case(
      "MPICH's mpiexec in a step of one", lonelyStep.merging(["PMI_RANK": "3", "PMI_SIZE": "4"]) { $1 },
      .task(3, of: 4, by: .pmi)),
    Case("MPICH's mpiexec -n 2", ["PMI_RANK": "1", "PMI_SIZE": "2", "PMI_FD": "6"], .task(1, of: 2, by: .pmi)),
    Case("MPICH's mpiexec -n 1", ["PMI_RANK": "0", "PMI_SIZE": "1", "PMI_FD": "6"], .alone),
  ]

  @Test("what an environment says of its launcher", arguments: cases)
  func launch(_ what: Case) {
    #expect(Launch { what.variables[$0] } == what.launch)
  }
}
