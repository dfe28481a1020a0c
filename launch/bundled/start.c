// bin/ddp-train of a bundle: becomes the program beside it that was built for this CPU, ddp-train-for-NAME.
//
// launch/bundle compiles it, statically, with VARIANTS: the names of those programs, the most demanding first. What each
// needs of a CPU comes from the compiler, through CSIMD's built.c, as in the program's own guard.
//
// mpirun starts it as every rank, so it opens no more files than it must. It also says in one line what the system's loader
// would say in words of its own: that there is no Open MPI, or that the C library is too old. An Open MPI that lies where
// only `module load` would show it is found, and named in LD_LIBRARY_PATH.
//
// Exit codes: 64 DDP_TRAIN_CPU names no program; 69 something is missing; 78 no program is for this CPU; else the program's.

#define _GNU_SOURCE
#include "../../Sources/CGuard/has.h"
#include "../../Sources/CSIMD/include/csimd_needs.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { wrong = 64, missing = 69, unsuited = 78 };

#define LIBRARY "libmpi.so.40" // of Open MPI 4 and 5
#define OLDEST_GLIBC "2.34"

// One voice per host: mpirun starts many of these.
static void stop(int code, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));
static void stop(int code, const char *format, ...) {
  const char *rank = getenv("OMPI_COMM_WORLD_LOCAL_RANK");
  if (!rank || strcmp(rank, "0") == 0) {
    va_list values;
    va_start(values, format);
    fputs("ddp-train: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
  }
  exit(code);
}

// ---- Which program ----

#define DECLARE(name) extern const unsigned char needs_##name[];
VARIANTS(DECLARE)
#define ROW(name) {#name, needs_##name},
static const struct {
  const char *name;
  const unsigned char *needs;
} variants[] = {VARIANTS(ROW)};
enum { variantCount = sizeof variants / sizeof *variants };

static bool runs(const unsigned char *needs) {
  int needed = 0;
#define LOOK(macro, name, question)                                                                                    \
  if (needs[needed++] && !CGUARD_HAS(question)) return false;
  CSIMD_FEATURES(LOOK)
  return true;
}

// The name of a program: what DDP_TRAIN_CPU says, or the most demanding that this CPU runs.
static const char *choose(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  const char *wanted = getenv("DDP_TRAIN_CPU");
  if (wanted && *wanted && strcmp(wanted, "native") != 0) {
    // As for a build: x86-64-v3 is v3, neoverse-v2 is neoverse.
    const char *name = strncmp(wanted, "x86-64-", 7) == 0 ? wanted + 7 : wanted;
    if (strncmp(wanted, "neoverse-v", 10) == 0) name = "neoverse";
    for (int i = 0; i < variantCount; i++) {
      if (strcmp(name, variants[i].name) == 0) return variants[i].name;
    }
    if (strcmp(name, "generic") == 0) return variants[variantCount - 1].name;
    char list[256] = "native, generic";
    for (int i = variantCount - 1; i >= 0; i--) {
      size_t length = strlen(list);
      if (strcmp(variants[i].name, "generic") != 0) snprintf(list + length, sizeof list - length, ", %s", variants[i].name);
    }
    stop(wrong, "DDP_TRAIN_CPU is '%.40s': this bundle has programs for %s", wanted, list);
  }
  for (int i = 0; i < variantCount; i++) {
    if (runs(variants[i].needs)) return variants[i].name;
  }
  stop(unsuited, "no program of this bundle runs on this CPU: build from the sources, DDP_TRAIN_CPU=generic launch/train");
}

// ---- What the program needs of the system ----

static bool there(const char *folder, const char *file) {
  char path[PATH_MAX];
  return snprintf(path, sizeof path, "%s/%s", folder, file) < (int)sizeof path && access(path, R_OK) == 0;
}

// Whether a file has this text. False where it cannot be read.
static bool contains(const char *path, const char *text) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (file < 0) return false;
  bool found = false;
  if (fstat(file, &status) == 0 && status.st_size > 0) {
    void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes != MAP_FAILED) {
      found = memmem(bytes, (size_t)status.st_size, text, strlen(text)) != NULL;
      munmap(bytes, (size_t)status.st_size);
    }
  }
  close(file);
  return found;
}

#if defined(__x86_64__)
#define MULTIARCH "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define MULTIARCH "aarch64-linux-gnu"
#endif
static const char *const systemFolders[] = {"/lib/" MULTIARCH, "/usr/lib/" MULTIARCH, "/lib64", "/usr/lib64", "/lib", "/usr/lib"};
enum { systemFolderCount = sizeof systemFolders / sizeof *systemFolders };

static void requireGlibc(void) {
  for (int i = 0; i < systemFolderCount; i++) {
    if (!there(systemFolders[i], "libc.so.6")) continue;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/libc.so.6", systemFolders[i]);
    if (!contains(path, "GLIBC_" OLDEST_GLIBC))
      stop(missing, "this system's C library (%s) is older than glibc " OLDEST_GLIBC ", which this bundle needs: build from the sources", path);
    return;
  }
  stop(missing, "this system has no glibc (libc.so.6), which this bundle needs");
}

// Whether the loader finds Open MPI by itself.
static bool loaderFinds(void) {
  const char *path = getenv("LD_LIBRARY_PATH");
  while (path && *path) {
    size_t length = strcspn(path, ":");
    char folder[PATH_MAX];
    if (length < sizeof folder) {
      memcpy(folder, path, length);
      folder[length] = 0;
      if (there(length ? folder : ".", LIBRARY)) return true;
    }
    path += length;
    if (*path) path++;
  }
  for (int i = 0; i < systemFolderCount; i++) {
    if (there(systemFolders[i], LIBRARY)) return true;
  }
  return contains("/etc/ld.so.cache", LIBRARY);
}

// Open MPI's folder of libraries where only a module, or mpirun's own path, would tell. Into `folder`.
static bool findElsewhere(char folder[PATH_MAX]) {
  static const char *const below[] = {"lib", "lib64"};
  // Where PATH has an mpirun, its library is the one that fits.
  const char *path = getenv("PATH");
  while (path && *path) {
    size_t length = strcspn(path, ":");
    char program[PATH_MAX], real[PATH_MAX];
    if (length && snprintf(program, sizeof program, "%.*s/mpirun", (int)length, path) < (int)sizeof program &&
        access(program, X_OK) == 0 && realpath(program, real)) {
      for (int i = 0; i < 2; i++) {
        char *slash = strstr(real, "/bin/");
        if (slash && snprintf(folder, PATH_MAX, "%.*s/%s", (int)(slash - real), real, below[i]) < PATH_MAX && there(folder, LIBRARY)) return true;
      }
    }
    path += length;
    if (*path) path++;
  }
  // What modules set: OPAL_PREFIX and MPI_HOME by many, MPI_LIB by Fedora's, HPCX_MPI_DIR by NVIDIA's HPC-X.
  static const char *const variables[] = {"OPAL_PREFIX", "MPI_HOME", "HPCX_MPI_DIR"};
  const char *value = getenv("MPI_LIB");
  if (value && there(value, LIBRARY)) return snprintf(folder, PATH_MAX, "%s", value) < PATH_MAX;
  for (int i = 0; i < 3; i++) {
    if (!(value = getenv(variables[i]))) continue;
    for (int j = 0; j < 2; j++) {
      if (snprintf(folder, PATH_MAX, "%s/%s", value, below[j]) < PATH_MAX && there(folder, LIBRARY)) return true;
    }
  }
  // Fedora, RHEL, Rocky and Amazon Linux; openSUSE; EFA's on Amazon's machines.
  static const char *const known[] = {
      "/usr/lib64/openmpi/lib", "/usr/lib64/mpi/gcc/openmpi5/lib64", "/usr/lib64/mpi/gcc/openmpi4/lib64",
      "/opt/amazon/openmpi5/lib64", "/opt/amazon/openmpi5/lib", "/opt/amazon/openmpi/lib64", "/opt/amazon/openmpi/lib",
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (there(known[i], LIBRARY)) return snprintf(folder, PATH_MAX, "%s", known[i]) < PATH_MAX;
  }
  return false;
}

static void requireOpenMPI(void) {
  if (loaderFinds()) return;
  char folder[PATH_MAX], paths[2 * PATH_MAX];
  if (!findElsewhere(folder)) {
    const char *advice = access("/usr/bin/apt-get", X_OK) == 0  ? "apt-get install openmpi-bin"
                         : access("/usr/bin/dnf", X_OK) == 0    ? "dnf install openmpi"
                         : access("/usr/bin/zypper", X_OK) == 0 ? "zypper install openmpi4"
                                                                : "install Open MPI 4.1 or 5, or load its module";
    stop(missing, "there is no Open MPI here (" LIBRARY "): %s", advice);
  }
  const char *before = getenv("LD_LIBRARY_PATH");
  snprintf(paths, sizeof paths, "%s%s%s", folder, before && *before ? ":" : "", before ? before : "");
  setenv("LD_LIBRARY_PATH", paths, 1);
}

int main(int count, char **words) {
  (void)count;
  char own[PATH_MAX], program[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
  if (length < 0) stop(missing, "/proc/self/exe cannot be read: %s", strerror(errno));
  own[length] = 0;
  *strrchr(own, '/') = 0;
  const char *name = choose();
  if (snprintf(program, sizeof program, "%s/ddp-train-for-%s", own, name) >= (int)sizeof program) stop(missing, "%s: too long a path", own);
  if (access(program, X_OK) != 0) stop(missing, "%s cannot be started (%s): unpack the bundle again", program, strerror(errno));
  requireGlibc();
  requireOpenMPI();
  execv(program, words);
  stop(missing, "%s cannot be started: %s", program, strerror(errno));
}
