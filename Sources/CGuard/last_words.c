// A library that ends the program gives it no say: Open MPI calls _exit where it does not start, which runs no handlers.
// This _exit stands in for the C library's, in libraries too, as the executable's symbols come first.
#include "cguard.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char words[2000];
static int words_code;
static atomic_bool are_set;

void cguard_last_words(const char *line, int code) {
  atomic_store(&are_set, 0);
  if (!line) return;
  strncpy(words, line, sizeof words - 1);
  words_code = code;
  atomic_store(&are_set, 1);
}

void _exit(int code) {
  if (atomic_exchange(&are_set, 0)) {
    code = words_code;
    ssize_t written = write(STDERR_FILENO, words, strlen(words));
    (void)written; // Where standard error is gone there is nobody left to tell.
  }
  for (;;) syscall(SYS_exit_group, code);
}
