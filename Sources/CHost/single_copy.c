#define _GNU_SOURCE
#include "chost.h"
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

int chost_read_process(int process, uint64_t address, uint64_t *value) {
  struct iovec here = {value, sizeof *value};
  struct iovec there = {(void *)(uintptr_t)address, sizeof *value};
  ssize_t bytes = process_vm_readv(process, &here, 1, &there, 1, 0);
  if (bytes < 0) return errno;
  return bytes == sizeof *value ? 0 : EIO;
}

int chost_child_reads_this_process(void) {
  static uint64_t secret = 0x5eed;
  int parent = getpid();
  // What Open MPI asks for in every rank. It fails without Yama, where it is not needed.
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  // Not fork(): MPI libraries hang handlers on it.
  long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (child < 0) return errno;
  if (child == 0) {
    uint64_t copy = 0;
    int error = chost_read_process(parent, (uint64_t)(uintptr_t)&secret, &copy);
    _exit(error);
  }
  int status = 0;
  while (waitpid((pid_t)child, &status, 0) < 0)
    if (errno != EINTR) return errno;
  prctl(PR_SET_PTRACER, 0, 0, 0, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}
