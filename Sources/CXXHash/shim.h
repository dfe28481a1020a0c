// xxHash's XXH3 for Swift. Not API of the package: Files' ContentHasher is.
//
// Why a shim: XXH_INLINE_ALL makes every function of xxhash.h static, so that nothing is linked at run time, and
// Swift cannot define a macro before it imports a header. XXH3_state_t asks for 64-byte alignment, which Swift
// does not promise for a value of its own, so the state stays on the C heap behind an opaque type.
// XXH_VECTOR is 0, scalar: what is hashed here is small (5 GB/s are plenty), and no vector type of any CPU then has to
// pass through Swift's importer.
// It can go when Swift's standard library has a stable, seedless hash of bytes.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define XXH_VECTOR 0
#define XXH_INLINE_ALL
#include <xxhash.h>

/// The 128 bits as two words. `high` is printed first, as xxhsum does.
typedef struct {
  uint64_t low;
  uint64_t high;
} cxxhash_digest128;

/// A hash in progress; created, and freed, by the functions below.
typedef struct cxxhash_stream cxxhash_stream;

/// XXH3-64 of `count` bytes, seed 0. `bytes` may be null where `count` is 0.
static inline uint64_t cxxhash_64(const void *_Nullable bytes, size_t count) {
  return XXH3_64bits(bytes, count);
}

/// A new XXH3-128 stream, seed 0; null where memory is exhausted.
static inline cxxhash_stream *_Nullable cxxhash_128_create(void) {
  XXH3_state_t *state = XXH3_createState();
  if (state) XXH3_128bits_reset(state);
  return (cxxhash_stream *)state;
}

/// Adds `count` bytes. The way a content is cut into calls does not change its hash.
static inline void cxxhash_128_update(cxxhash_stream *_Nonnull stream, const void *_Nullable bytes, size_t count) {
  if (count) XXH3_128bits_update((XXH3_state_t *)stream, bytes, count);
}

/// The hash of all bytes added so far. The stream can go on.
static inline cxxhash_digest128 cxxhash_128_digest(const cxxhash_stream *_Nonnull stream) {
  XXH128_hash_t hash = XXH3_128bits_digest((const XXH3_state_t *)stream);
  return (cxxhash_digest128){.low = hash.low64, .high = hash.high64};
}

/// Frees the stream.
static inline void cxxhash_128_free(cxxhash_stream *_Nonnull stream) {
  XXH3_freeState((XXH3_state_t *)stream);
}
