#define _GNU_SOURCE
#include "cstop.h"
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

_Atomic int cstop_first = 0;

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a handler must not wait for a lock");

/// Every signal of Linux but the real-time ones, which are requests: their default ends a process.
static const struct {
  int number;
  const char *name;
  cstop_meaning meaning;
} table[] = {
    // From a person, a terminal that has gone, a scheduler.
    {SIGHUP, "SIGHUP", CSTOP_REQUEST},
    {SIGINT, "SIGINT", CSTOP_REQUEST},
    {SIGQUIT, "SIGQUIT", CSTOP_REQUEST},
    {SIGTERM, "SIGTERM", CSTOP_REQUEST},
    {SIGUSR1, "SIGUSR1", CSTOP_REQUEST},
    {SIGUSR2, "SIGUSR2", CSTOP_REQUEST},
    // A limit on time has run out. SIGXCPU comes once a second until the hard limit kills.
    {SIGXCPU, "SIGXCPU", CSTOP_REQUEST},
    {SIGALRM, "SIGALRM", CSTOP_REQUEST},
    {SIGVTALRM, "SIGVTALRM", CSTOP_REQUEST},
    {SIGPROF, "SIGPROF", CSTOP_REQUEST},
    // The power fails.
    {SIGPWR, "SIGPWR", CSTOP_REQUEST},
    // Nobody sends these to a program that did not ask for them; should somebody, the run is not to be lost.
    {SIGIO, "SIGIO", CSTOP_REQUEST},
#ifdef SIGSTKFLT /* not on every architecture */
    {SIGSTKFLT, "SIGSTKFLT", CSTOP_REQUEST},
#endif
    // A file has reached the size limit, a pipe or socket has lost its reader: EFBIG and EPIPE, errors of that file. Somebody
    // else may send them too, and that is a request.
    {SIGXFSZ, "SIGXFSZ", CSTOP_FAILED_WRITE},
    {SIGPIPE, "SIGPIPE", CSTOP_FAILED_WRITE},
    // A fault of the program, or an assertion: its memory may be wrong, and must not be saved as a checkpoint.
    {SIGSEGV, "SIGSEGV", CSTOP_DEFAULT},
    {SIGBUS, "SIGBUS", CSTOP_DEFAULT},
    {SIGILL, "SIGILL", CSTOP_DEFAULT},
    {SIGFPE, "SIGFPE", CSTOP_DEFAULT},
    {SIGABRT, "SIGABRT", CSTOP_DEFAULT},
    {SIGTRAP, "SIGTRAP", CSTOP_DEFAULT},
    {SIGSYS, "SIGSYS", CSTOP_DEFAULT},
    // Job control: to stop and to go on where it was. SIGKILL and SIGSTOP cannot be caught.
    {SIGKILL, "SIGKILL", CSTOP_DEFAULT},
    {SIGSTOP, "SIGSTOP", CSTOP_DEFAULT},
    {SIGTSTP, "SIGTSTP", CSTOP_DEFAULT},
    {SIGTTIN, "SIGTTIN", CSTOP_DEFAULT},
    {SIGTTOU, "SIGTTOU", CSTOP_DEFAULT},
    {SIGCONT, "SIGCONT", CSTOP_DEFAULT},
    // Nothing happens by default.
    {SIGCHLD, "SIGCHLD", CSTOP_DEFAULT},
    {SIGURG, "SIGURG", CSTOP_DEFAULT},
    {SIGWINCH, "SIGWINCH", CSTOP_DEFAULT},
};

static const size_t rows = sizeof table / sizeof *table;

int cstop_last_signal(void) { return SIGRTMAX; }

cstop_meaning cstop_meaning_of(int number) {
  for (size_t i = 0; i < rows; i++)
    if (table[i].number == number) return table[i].meaning;
  return number >= SIGRTMIN && number <= SIGRTMAX ? CSTOP_REQUEST : CSTOP_NONE;
}

const char *cstop_name_of(int number, char name[16]) {
  for (size_t i = 0; i < rows; i++)
    if (table[i].number == number) return table[i].name;
  int above = number - SIGRTMIN;
  snprintf(name, 16, above < 0 || number > SIGRTMAX ? "signal %d" : "SIGRTMIN+%d", above < 0 ? number : above);
  return name;
}

void cstop_ask(int number) {
  int nobody = 0;
  atomic_compare_exchange_strong(&cstop_first, &nobody, number);
}

static void on_request(int number) { cstop_ask(number); }

static void on_interrupt(int number);

/// From here on Ctrl-C and Ctrl-\ are orders. Where they are ignored they stay so.
static void let_interrupts_end(void) {
  const int interrupts[] = {SIGINT, SIGQUIT};
  for (size_t i = 0; i < 2; i++) {
    struct sigaction action;
    if (sigaction(interrupts[i], NULL, &action) != 0 || action.sa_handler != on_interrupt) continue;
    action.sa_handler = SIG_DFL;
    sigaction(interrupts[i], &action, NULL);
  }
}

static void on_interrupt(int number) {
  cstop_ask(number);
  let_interrupts_end();
}

/// Not SIG_IGN, which programs that this one starts would inherit. The kernel sends both in this process's own name.
static void on_failed_write(int number, siginfo_t *info, void *context) {
  (void)context;
  if (info->si_pid != getpid()) cstop_ask(number);
}

void cstop_install(void) {
  sigset_t ours;
  sigemptyset(&ours);
  for (int number = 1; number <= cstop_last_signal(); number++) {
    cstop_meaning meaning = cstop_meaning_of(number);
    if (meaning != CSTOP_REQUEST && meaning != CSTOP_FAILED_WRITE) continue;
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0) continue;
    if (action.sa_handler != SIG_DFL && (number != SIGQUIT || action.sa_handler == SIG_IGN)) continue;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    if (meaning == CSTOP_FAILED_WRITE) {
      action.sa_flags |= SA_SIGINFO;
      action.sa_sigaction = on_failed_write;
    } else {
      action.sa_handler = number == SIGINT || number == SIGQUIT ? on_interrupt : on_request;
    }
    if (sigaction(number, &action, NULL) == 0) sigaddset(&ours, number);
  }
  pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
}
