import Schemas

/// The settings of MPI, Slurm and this program that strangers may read, by name. A variable that is not known here is left
/// out; of one that is, the value stays where it is a number or made of words that are no names.
func publicSettings(_ environment: [String: String]) -> [EnvironmentSetting] {
  environment.keys.filter(isKnown).sorted().map { name in
    EnvironmentSetting {
      $0.name = name
      $0.value = environment[name].flatMap { isHarmless($0) ? $0 : nil }
    }
  }
}

private func isKnown(_ name: String) -> Bool {
  knownNames.contains(name) || name.wholeMatch(of: /(OMPI|PMIX|PRTE)_MCA_[a-z0-9_]{1,80}/) != nil
}

private let knownNames: Set = [
  "OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_COMM_WORLD_LOCAL_SIZE", "OMPI_COMM_WORLD_SIZE",
  "SLURM_CPUS_ON_NODE", "SLURM_CPUS_PER_TASK", "SLURM_JOB_NUM_NODES", "SLURM_MPI_TYPE", "SLURM_NNODES", "SLURM_NPROCS",
  "SLURM_NTASKS", "SLURM_NTASKS_PER_CORE", "SLURM_NTASKS_PER_NODE", "SLURM_STEP_NUM_TASKS", "SLURM_TASKS_PER_NODE",
  "DDP_TRAIN_CPU", "DDP_TRAIN_JOB", "DDP_TRAIN_MPIRUN", "DDP_TRAIN_RANKS",
  "HWLOC_COMPONENTS", "HWLOC_FSROOT", "HWLOC_SYNTHETIC", "HWLOC_THISSYSTEM", "HWLOC_XMLFILE",
  "OMP_NUM_THREADS", "MALLOC_ARENA_MAX", "MALLOC_PERTURB_", "NO_COLOR", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD",
  "LANG", "LC_ALL", "LC_NUMERIC",
]

/// Whether a value is one number, a count of Slurm's such as `4(x2)`, a locale, or a list of `plainWords`.
private func isHarmless(_ value: String) -> Bool {
  if value.wholeMatch(of: /-?[0-9]{1,9}(\.[0-9]{1,6})?/) != nil { return true }
  if value.wholeMatch(of: /[0-9]{1,4}(\(x[0-9]{1,4}\))?(,[0-9]{1,4}(\(x[0-9]{1,4}\))?)*/) != nil { return true }
  if value.wholeMatch(of: /C|POSIX|(C|[a-z]{2}_[A-Z]{2})\.(UTF-8|utf8)/) != nil { return true }
  let list = value.hasPrefix("^") ? value.dropFirst() : value[...]
  return list.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { plainWords.contains(String($0)) }
}

/// Open MPI's components and the values of its parameters; Slurm's ways to start MPI; CPUs to build for.
private let plainWords: Set = [
  "self", "vader", "sm", "tcp", "openib", "ofi", "uct", "ucx", "usnic", "ob1", "cm", "yalla", "monitoring",
  "rdma", "pt2pt", "portals4", "basic", "libnbc", "tuned", "han", "adapt", "inter", "sync", "hcoll", "ml", "xhc",
  "cma", "knem", "xpmem", "emulated", "none", "auto", "true", "false", "yes", "no", "on", "off", "all", "default",
  "core", "socket", "numa", "slot", "node", "hwthread", "package", "board", "l1cache", "l2cache", "l3cache",
  "slurm", "rsh", "isolated", "alps", "pmix", "pmi2", "flux", "singleton", "env", "hnp", "mmap", "posix", "sysv",
  "native", "x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4", "neoverse-n1", "neoverse-n2", "neoverse-v1", "neoverse-v2",
]
