// hwloc for Swift. Not API of the package: Topology is.
//
// Why a shim: a module map names its headers by path, and hwloc.h lies where pkg-config says.
#pragma once

#include <hwloc.h>

/// Flags for loading a topology: what a control group forbids is in it, and the calling thread stays on its CPU. Without
/// the latter hwloc visits every CPU on x86, and a visitor waits for ever where a rank of real-time priority spins.
static inline unsigned long chwloc_flags(void) {
#if HWLOC_API_VERSION >= 0x00020500
  return HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED | HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING;
#else
  return HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED;
#endif
}

/// Kinds of cores, 0 where the system does not tell, or hwloc is older than 2.4.
static inline int chwloc_kinds(hwloc_topology_t topology) {
#if HWLOC_API_VERSION >= 0x00020400
  return hwloc_cpukinds_get_nr(topology, 0);
#else
  return 0;
#endif
}

/// Fills the CPUs and the efficiency of a kind, -1 where kinds cannot be compared. Returns 0, or -1 where there is no such kind.
static inline int chwloc_kind(hwloc_topology_t topology, unsigned index, hwloc_bitmap_t cpus, int *efficiency) {
#if HWLOC_API_VERSION >= 0x00020400
  return hwloc_cpukinds_get_info(topology, index, cpus, efficiency, NULL, NULL, 0);
#else
  return -1;
#endif
}
