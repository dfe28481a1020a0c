#include "cspin.h"

_Static_assert(sizeof(cspin_line) == CSPIN_LINE, "a flag fills its lines");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would be this process's own");
