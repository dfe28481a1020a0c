#define _GNU_SOURCE
#include "chwloc.h"
#include <dlfcn.h>
#include <stddef.h>

/// Flag of hwloc 2.5, which the headers here may not know.
static const unsigned long dont_change_binding = 1UL << 6;

static const struct {
  const char *name;
  size_t place;
  int optional;
} table[] = {
#define FUNCTION(name) {"hwloc_" #name, offsetof(chwloc_functions, name), 0}
    FUNCTION(topology_init),
    FUNCTION(topology_destroy),
    FUNCTION(topology_set_xml),
    FUNCTION(topology_set_synthetic),
    FUNCTION(topology_set_flags),
    FUNCTION(topology_load),
    FUNCTION(topology_is_thissystem),
    FUNCTION(topology_get_allowed_cpuset),
    FUNCTION(get_type_depth),
    FUNCTION(get_nbobjs_by_depth),
    FUNCTION(get_obj_by_depth),
    FUNCTION(bitmap_alloc),
    FUNCTION(bitmap_free),
    FUNCTION(bitmap_first),
    FUNCTION(bitmap_next),
    FUNCTION(distances_get_by_type),
    FUNCTION(distances_release),
#undef FUNCTION
    {"hwloc_cpukinds_get_nr", offsetof(chwloc_functions, cpukinds_get_nr), 1},
    {"hwloc_cpukinds_get_info", offsetof(chwloc_functions, cpukinds_get_info), 1},
};

static int fill(chwloc_functions *functions) {
  // The name of hwloc 2's binary interface. Open MPI has it loaded already where it uses the system's.
  void *library = dlopen("libhwloc.so.15", RTLD_NOW | RTLD_LOCAL);
  if (!library) return -1;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    void *found = dlsym(library, table[i].name);
    if (!found && !table[i].optional) return -1;
    *(void **)((char *)functions + table[i].place) = found;
  }
  unsigned (*version)(void) = (unsigned (*)(void))dlsym(library, "hwloc_get_api_version");
  functions->flags = HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED;
  if (version && version() >= 0x00020500) functions->flags |= dont_change_binding;
  return 0;
}

const chwloc_functions *chwloc_load(void) {
  static chwloc_functions functions;
  static int state; // 0 not tried, 1 loaded, -1 there is none
  if (state == 0) state = fill(&functions) == 0 ? 1 : -1;
  return state == 1 ? &functions : NULL;
}
