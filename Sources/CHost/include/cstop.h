// Signals as a request to stop that the program's loops look at. The handlers are C: they call nothing that a signal may
// not interrupt. stop.c has the table of all signals, which tests go over.
#ifndef CSTOP_H
#define CSTOP_H

#include <stdatomic.h>

/// What a signal means to this program.
typedef enum {
  /// Not for a program to decide: the number is the C library's own, or no signal at all.
  CSTOP_NONE,
  /// It ends a process by default, and here it is a request: the run stops after its step.
  CSTOP_REQUEST,
  /// It says that a write of this process has failed, and would end it. Here the write fails, with errno, and nothing else
  /// does; sent by another process it is a request like the others.
  CSTOP_FAILED_WRITE,
  /// It keeps its default: what a process is in after it nobody knows, or it ends none.
  CSTOP_DEFAULT,
} cstop_meaning;

/// What signal `number` means. Numbers are 1 … cstop_last_signal().
cstop_meaning cstop_meaning_of(int number);

/// Its name, "SIGTERM"; "SIGRTMIN+3" is written to `name`, which has room for that.
const char *_Nonnull cstop_name_of(int number, char name[_Nonnull 16]);

int cstop_last_signal(void);

/// Installs the handlers, then unblocks what they handle. Once, before other threads are started.
///
/// What was ignored stays ignored (nohup). A signal that somebody else handles by now stays theirs: a preloaded profiler
/// keeps its SIGPROF. SIGQUIT is the exception: Swift's runtime takes it for a crash. A signal that was blocked when the program was
/// started has waited and arrives now: whoever starts a program so loses none of them while the program is loaded.
void cstop_install(void);

/// Asked by no signal of this process, but on the way that the ranks agree.
#define CSTOP_ELSEWHERE (-1)

/// The first signal that asked, CSTOP_ELSEWHERE, or 0. Only for what follows.
extern _Atomic int cstop_first;

/// The first request: 0 for none, else a signal's number or CSTOP_ELSEWHERE. One relaxed load.
static inline int cstop_request(void) { return atomic_load_explicit(&cstop_first, memory_order_relaxed); }

/// Makes a request, unless there is one: `number` as in cstop_request, not 0.
void cstop_ask(int number);

#endif
