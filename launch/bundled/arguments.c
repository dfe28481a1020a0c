// The program's arguments, for Swift's runtime where it is linked statically.
//
// It looks for them below the environment on the stack, in a constructor of its own. When a library's constructor has set a variable
// before, the environment is no longer there, and the program has no arguments at all: so with Ubuntu 22.04's Open MPI, whose
// libpsm2 does that. This one is handed them by the loader.
void _swift_stdlib_overrideUnsafeArgvArgc(char **arguments, int count);

__attribute__((constructor(101))) static void keep_arguments(int count, char **arguments) {
  _swift_stdlib_overrideUnsafeArgvArgc(arguments, count);
}
