#define _GNU_SOURCE
#include "arm64_tests.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char name[128];
static long passed, failed;

void test_begin(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(name, sizeof name, format, arguments);
  va_end(arguments);
}

void test_check(int right, const char *format, ...) {
  if (right) {
    passed++;
    return;
  }
  if (++failed > 10) return; /* one fault in a kernel fails hundreds of shapes */
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "%s: ", name);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
}

void test_result(int right, const char *what) { test_check(right, "%s", what); }

int test_end(void) {
  printf("%s: %ld passed, %ld failed\n", name, passed, failed);
  return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

uint64_t random_bits(void) {
  static uint64_t state = 42;
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static struct {
  void *start;
  size_t bytes;
} regions[64];
static int region_count;

float *guarded(ptrdiff_t count) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = (size_t)count * sizeof(float);
  size_t whole = (bytes + page - 1) / page * page;
  char *start = mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED || mprotect(start + whole, page, PROT_NONE) != 0 ||
      region_count == sizeof regions / sizeof *regions) {
    perror("guarded memory");
    exit(EXIT_FAILURE);
  }
  memset(start, 0xff, whole);
  regions[region_count].start = start;
  regions[region_count++].bytes = whole + page;
  return (float *)(start + whole - bytes);
}

float *guarded_random(ptrdiff_t count) {
  float *memory = guarded(count);
  for (ptrdiff_t i = 0; i < count; i++) memory[i] = (float)((double)(random_bits() >> 11) * 0x1p-52 - 1);
  return memory;
}

void guarded_free_all(void) {
  while (region_count > 0) {
    region_count--;
    munmap(regions[region_count].start, regions[region_count].bytes);
  }
}
