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
