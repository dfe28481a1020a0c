// CGuard's two files in a program whose needs an environment variable chooses: GUARD_NEEDS=impossible needs what no CPU has.
//
// guard-exercise: prints "ran". guard-exercise CODE [LINE [taken-back]]: leaves LINE as last words and ends by _exit(CODE).
#include <stdlib.h>

// In place of csimd_needs.h: two features that no CPU has together (one vendor's, long gone, and another's Xeon Phi), or bits
// that no Arm kernel sets.
#define CSIMD_NEEDS_H
#if defined(__x86_64__)
#define CSIMD_FEATURES(X) X(0, "SSE2", "sse2") X(0, "XOP", "xop") X(0, "4FMAPS", "avx5124fmaps")
#else
#define CSIMD_FEATURES(X) X(0, "CPUID", 11) X(0, "bit 62", 62) X(0, "bit 63", 63)
#endif
static const unsigned char none[3], impossible[3] = {1, 1, 1};
#define csimd_needs (getenv("GUARD_NEEDS") ? impossible : none)

#include "../../../Sources/CGuard/guard.c"
#include "../../../Sources/CGuard/last_words.c"

#include <stdio.h>

int main(int count, char **words) {
  if (count < 2) return puts("ran") < 0;
  if (count > 2) cguard_last_words(words[2], 69);
  if (count > 3) cguard_last_words(NULL, 0);
  _exit(atoi(words[1]));
}
