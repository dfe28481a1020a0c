// What would bind a bundle to a newer glibc than it needs: the linker takes the newest version of a function that the system it
// builds on has. launch/bundle links with --wrap for each of these.
#include <stdlib.h>
#include <sys/random.h>

#if defined(__x86_64__)
#define FIRST "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define FIRST "GLIBC_2.17"
#endif

// hypot has been another one since glibc 2.35. Foundation's CGFloat and Swift's Glibc ask for it.
double older_hypot(double x, double y);
float older_hypotf(float x, float y);
__asm__(".symver older_hypot, hypot@" FIRST);
__asm__(".symver older_hypotf, hypotf@" FIRST);
double __wrap_hypot(double x, double y);
float __wrap_hypotf(float x, float y);

double __wrap_hypot(double x, double y) { return older_hypot(x, y); }
float __wrap_hypotf(float x, float y) { return older_hypotf(x, y); }

// glibc has it since 2.36. libstdc++'s random_device asks for it.
unsigned int __wrap_arc4random(void);

unsigned int __wrap_arc4random(void) {
  unsigned int value;
  if (getentropy(&value, sizeof value) != 0) abort();
  return value;
}
