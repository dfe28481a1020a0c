// hwloc for Swift, found when it is needed. Not API of the package: Topology is.
//
// Not linked: ddp-launch also runs where neither Open MPI nor hwloc is installed, to say so.
#ifndef CHWLOC_H
#define CHWLOC_H

#include <hwloc.h>

#if HWLOC_API_VERSION < 0x00020000 || HWLOC_API_VERSION >= 0x00030000
#error "hwloc 2 is needed: its library is loaded by the name libhwloc.so.15"
#endif

/// What Topology calls of hwloc; each is hwloc's function of the same name.
typedef struct {
  int (*_Nonnull topology_init)(hwloc_topology_t _Nullable *_Nonnull);
  void (*_Nonnull topology_destroy)(hwloc_topology_t _Nonnull);
  int (*_Nonnull topology_set_xml)(hwloc_topology_t _Nonnull, const char *_Nonnull);
  int (*_Nonnull topology_set_synthetic)(hwloc_topology_t _Nonnull, const char *_Nonnull);
  int (*_Nonnull topology_set_flags)(hwloc_topology_t _Nonnull, unsigned long);
  int (*_Nonnull topology_load)(hwloc_topology_t _Nonnull);
  int (*_Nonnull topology_is_thissystem)(hwloc_topology_t _Nonnull);
  hwloc_const_cpuset_t _Nullable (*_Nonnull topology_get_allowed_cpuset)(hwloc_topology_t _Nonnull);
  int (*_Nonnull get_type_depth)(hwloc_topology_t _Nonnull, hwloc_obj_type_t);
  unsigned (*_Nonnull get_nbobjs_by_depth)(hwloc_topology_t _Nonnull, int);
  hwloc_obj_t _Nullable (*_Nonnull get_obj_by_depth)(hwloc_topology_t _Nonnull, int, unsigned);
  hwloc_bitmap_t _Nullable (*_Nonnull bitmap_alloc)(void);
  void (*_Nonnull bitmap_free)(hwloc_bitmap_t _Nonnull);
  int (*_Nonnull bitmap_first)(hwloc_const_bitmap_t _Nonnull);
  int (*_Nonnull bitmap_next)(hwloc_const_bitmap_t _Nonnull, int);
  int (*_Nonnull distances_get_by_type)(hwloc_topology_t _Nonnull, hwloc_obj_type_t, unsigned *_Nonnull,
                                        struct hwloc_distances_s *_Nullable *_Nonnull, unsigned long, unsigned long);
  void (*_Nonnull distances_release)(hwloc_topology_t _Nonnull, struct hwloc_distances_s *_Nonnull);
  /// NULL before hwloc 2.4.
  int (*_Nullable cpukinds_get_nr)(hwloc_topology_t _Nonnull, unsigned long);
  int (*_Nullable cpukinds_get_info)(hwloc_topology_t _Nonnull, unsigned, hwloc_bitmap_t _Nonnull, int *_Nullable,
                                     unsigned *_Nullable, struct hwloc_info_s *_Nullable *_Nullable, unsigned long);
  /// Flags for loading: what a control group forbids is in the topology, and the calling thread stays on its CPU. Without
  /// the latter (hwloc 2.5) hwloc visits every CPU on x86, and a visitor waits for ever where a rank of real-time priority
  /// spins.
  unsigned long flags;
} chwloc_functions;

/// Loads the library, the first time. NULL where there is none. Not for two threads at once, the first time.
const chwloc_functions *_Nullable chwloc_load(void);

#endif
