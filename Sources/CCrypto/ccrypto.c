#include "ccrypto.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

/// What is called of libcrypto; each is its function of the same name (EVP_DigestInit(3)).
static struct {
  void *(*EVP_MD_CTX_new)(void);
  void (*EVP_MD_CTX_free)(void *);
  const void *(*EVP_sha256)(void);
  int (*EVP_DigestInit_ex)(void *, const void *, void *);
  int (*EVP_DigestUpdate)(void *, const void *, size_t);
  int (*EVP_DigestFinal_ex)(void *, unsigned char *, unsigned *);
} functions;

static int is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct ccrypto_sha256 {
  void *context;
};

static void load(void) {
  void *library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
  if (!library) library = dlopen("libcrypto.so.1.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
  is_loaded = 1;
#define FIND(name)                                                                                                     \
  *(void **)&functions.name = dlsym(library, #name);                                                                   \
  if (!functions.name) is_loaded = 0
  FIND(EVP_MD_CTX_new);
  FIND(EVP_MD_CTX_free);
  FIND(EVP_sha256);
  FIND(EVP_DigestInit_ex);
  FIND(EVP_DigestUpdate);
  FIND(EVP_DigestFinal_ex);
#undef FIND
}

int ccrypto_is_available(void) { return pthread_once(&once, load) == 0 && is_loaded; }

static int begin(ccrypto_sha256 *hash) {
  return functions.EVP_DigestInit_ex(hash->context, functions.EVP_sha256(), NULL) == 1 ? 0 : -1;
}

ccrypto_sha256 *ccrypto_sha256_create(void) {
  if (!ccrypto_is_available()) return NULL;
  ccrypto_sha256 *hash = malloc(sizeof *hash);
  if (!hash) return NULL;
  hash->context = functions.EVP_MD_CTX_new();
  if (!hash->context) {
    free(hash);
    return NULL;
  }
  if (begin(hash) != 0) {
    ccrypto_sha256_free(hash);
    return NULL;
  }
  return hash;
}

void ccrypto_sha256_free(ccrypto_sha256 *hash) {
  functions.EVP_MD_CTX_free(hash->context);
  free(hash);
}

int ccrypto_sha256_update(ccrypto_sha256 *hash, const void *bytes, size_t count) {
  if (count == 0) return 0;
  return functions.EVP_DigestUpdate(hash->context, bytes, count) == 1 ? 0 : -1;
}

int ccrypto_sha256_finish(ccrypto_sha256 *hash, unsigned char digest[CCRYPTO_SHA256_BYTES]) {
  unsigned count = 0;
  if (functions.EVP_DigestFinal_ex(hash->context, digest, &count) != 1 || count != CCRYPTO_SHA256_BYTES) return -1;
  return begin(hash);
}
