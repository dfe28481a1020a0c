// Looks at the CPU before any vector code runs. Compiled for the plainest CPU of its kind, whatever the rest is
// built for.
#ifndef CGUARD_H
#define CGUARD_H

/// The instruction set this CPU has: "AVX-512", "AVX2+FMA", "SSE2", "Neon".
const char *_Nonnull cguard_cpu_has(void);

#endif
