// hypot as glibc had it before 2.35. Foundation's CGFloat asks for it, and the linker takes the newest: the one symbol that
// would bind a bundle to glibc 2.35. launch/bundle links it with --wrap=hypot.
double __wrap_hypot(double x, double y);
double older_hypot(double x, double y);
#if defined(__x86_64__)
__asm__(".symver older_hypot, hypot@GLIBC_2.2.5");
#elif defined(__aarch64__)
__asm__(".symver older_hypot, hypot@GLIBC_2.17");
#endif

double __wrap_hypot(double x, double y) { return older_hypot(x, y); }
