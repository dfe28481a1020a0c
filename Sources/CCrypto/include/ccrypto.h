// SHA-256 of OpenSSL's libcrypto for Swift, found when it is needed. Not API of the package: Chain is.
//
// Not linked: a run that keeps no chain needs no libcrypto, and one that does can say which package is missing. The five
// functions are the same in OpenSSL 1.1 and 3, so that no header of OpenSSL is needed either.
#ifndef CCRYPTO_H
#define CCRYPTO_H

#include <stddef.h>

/// Bytes of a digest.
enum { CCRYPTO_SHA256_BYTES = 32 };

/// One computation at a time.
typedef struct ccrypto_sha256 ccrypto_sha256;

/// Whether the library is there. Loads it, the first time. By any thread.
int ccrypto_is_available(void);

/// A computation that has begun. NULL where the library is missing or there is no memory.
ccrypto_sha256 *_Nullable ccrypto_sha256_create(void);
void ccrypto_sha256_free(ccrypto_sha256 *_Nonnull);

/// Adds bytes. 0, or -1 where the library refuses.
int ccrypto_sha256_update(ccrypto_sha256 *_Nonnull, const void *_Nullable bytes, size_t count);

/// Writes the digest of all bytes since the computation began, and begins another. 0, or -1 where the library refuses.
int ccrypto_sha256_finish(ccrypto_sha256 *_Nonnull, unsigned char digest[_Nonnull CCRYPTO_SHA256_BYTES]);

#endif
