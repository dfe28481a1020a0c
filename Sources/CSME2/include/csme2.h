// SME2: what an Arm CPU with a scalable matrix extension offers beyond Neon.
#ifndef CSME2_H
#define CSME2_H

/// Whether this CPU has SME2 and the kernel lets programs use it. Always 0 off AArch64.
int csme2_is_available(void);

/// The streaming vector length in bits (128…2048), or 0 where SME2 is not available.
int csme2_vector_bits(void);

#endif
