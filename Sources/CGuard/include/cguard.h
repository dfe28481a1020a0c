// Looks at the CPU before any vector code runs. Compiled for the plainest CPU of its kind, whatever the rest is
// built for.
#ifndef CGUARD_H
#define CGUARD_H

/// The instruction set this CPU has: "AVX-512", "AVX2+FMA", "SSE2", "Neon".
const char *_Nonnull cguard_cpu_has(void);

/// What is written to standard error, and the exit code, if the next call of a library ends the program by _exit.
/// Null takes it back. At most 1999 bytes; from one thread.
void cguard_last_words(const char *_Nullable line, int code);

#endif
