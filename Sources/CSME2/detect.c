#include "csme2.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#include <sys/prctl.h>

// Not in every C library's headers yet (Linux, arch/arm64/include/uapi/asm/hwcap.h; include/uapi/linux/prctl.h).
#define HWCAP2_SME2_BIT (1UL << 37)
#define PR_SME_GET_VL_CALL 64
#define PR_SME_VL_BYTES 0xffff

int csme2_is_available(void) { return (getauxval(AT_HWCAP2) & HWCAP2_SME2_BIT) != 0; }

int csme2_vector_bits(void) {
  if (!csme2_is_available()) return 0;
  int answer = prctl(PR_SME_GET_VL_CALL, 0, 0, 0, 0);
  return answer < 0 ? 0 : (answer & PR_SME_VL_BYTES) * 8;
}
#else
int csme2_is_available(void) { return 0; }
int csme2_vector_bits(void) { return 0; }
#endif
