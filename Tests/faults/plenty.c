// Loaded before the C library (LD_PRELOAD): says that every file system in memory has a gigabyte left. So it looks to a job
// that asks a moment before others take all there is.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#define PLENTY(function, type, block)                                        \
  int function(const char *path, struct type *information) {                 \
    int (*real)(const char *, struct type *) = dlsym(RTLD_NEXT, #function);  \
    int result = real(path, information);                                    \
    if (result == 0) information->f_bavail = (1 << 30) / information->block; \
    return result;                                                           \
  }

PLENTY(statfs, statfs, f_bsize)
PLENTY(statvfs, statvfs, f_frsize)
PLENTY(statfs64, statfs64, f_bsize)
PLENTY(statvfs64, statvfs64, f_frsize)
