// pages PID: on which memory node each page lies of the memory that Open MPI shares between the ranks of a job, as far as
// this process has touched it. One line per file, in the order in which the files were made:
//
//     RANK.CONTEXT PAGES FIRST-LAST@NODE …
//
// RANK is the first of those that share the file; both numbers are from the file's name. Linux's own summary
// (/proc/PID/numa_maps) counts pages per node and does not say which.
//
// Source: move_pages(2), which moves nothing where it is given no nodes.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct file {
  char name[32];
  unsigned context;
  char *start;
  size_t pages;
};

static int older(const void *left, const void *right) {
  unsigned a = ((const struct file *)left)->context, b = ((const struct file *)right)->context;
  return (a > b) - (a < b);
}

static void print(int process, const struct file *file, size_t page) {
  void **addresses = malloc(file->pages * sizeof *addresses);
  int *nodes = malloc(file->pages * sizeof *nodes);
  if (!addresses || !nodes) exit(1);
  for (size_t i = 0; i < file->pages; i++) addresses[i] = file->start + i * page;
  if (syscall(SYS_move_pages, process, file->pages, addresses, NULL, nodes, 0) != 0) {
    perror("move_pages");
    exit(1);
  }
  printf("%s %zu", file->name, file->pages);
  for (size_t first = 0, next; first < file->pages; first = next) {
    next = first + 1;
    while (next < file->pages && nodes[next] == nodes[first]) next++;
    if (nodes[first] >= 0) printf(" %zu-%zu@%d", first, next - 1, nodes[first]);  // below 0: not touched
  }
  putchar('\n');
  free(addresses);
  free(nodes);
}

int main(int count, char **arguments) {
  if (count != 2) return 64;
  size_t page = (size_t)sysconf(_SC_PAGESIZE), found = 0;
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%s/maps", arguments[1]);
  FILE *maps = fopen(path, "r");
  if (!maps) {
    perror(path);
    return 1;
  }
  struct file files[64];
  while (found < 64 && fgets(line, sizeof line, maps)) {
    // /dev/shm/osc_sm.HOST.JOB.RANK.CONTEXT
    const char *name = strstr(line, "/osc_sm.");
    unsigned long start, end;
    unsigned rank, context;
    if (!name || sscanf(line, "%lx-%lx", &start, &end) != 2) continue;
    if (sscanf(name, "/osc_sm.%*[^.].%*[^.].%u.%u", &rank, &context) != 2) continue;
    struct file *file = &files[found++];
    snprintf(file->name, sizeof file->name, "%u.%u", rank, context);
    file->context = context;
    file->start = (char *)start;
    file->pages = (end - start) / page;
  }
  fclose(maps);
  qsort(files, found, sizeof *files, older);
  for (size_t i = 0; i < found; i++) print(atoi(arguments[1]), &files[i], page);
  return 0;
}
