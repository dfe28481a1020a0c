// Reads Tests/golden on a machine that has neither Foundation nor a JSON library: these files alone, whose header is
// known. The package's own reader is SafeTensors.
#include "arm64_tests.h"

#include <stdlib.h>
#include <string.h>

const char *const golden_tensors[9] = {"wte", "wpe", "layer0.attn_wq", "layer0.attn_wk", "layer0.attn_wv",
                                       "layer0.attn_wo", "layer0.mlp_fc1", "layer0.mlp_fc2", "lm_head"};

static const char *path_in_use;

static void *give_up(const char *what) {
  fprintf(stderr, "%s: %s\n", path_in_use, what);
  exit(EXIT_FAILURE);
}

static void *memory(size_t bytes) {
  void *result = calloc(bytes, 1);
  return result ? result : give_up("out of memory");
}

static char *read_all(const char *path, size_t *size) {
  path_in_use = path;
  FILE *file = fopen(path, "rb");
  if (!file) give_up("cannot be opened");
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  char *bytes = memory(*size + 1);
  if (fread(bytes, 1, *size, file) != *size || *size < 8) give_up("cannot be read");
  fclose(file);
  return bytes;
}

/// The text behind `"key":`.
static const char *find(const char *header, const char *key) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  const char *found = strstr(header, quoted);
  return found ? found + strlen(quoted) : give_up(key);
}

static double number(const char *header, const char *key) { return strtod(find(header, key) + 1, NULL); }

/// One step's names from `[\"anna\", …]`, as letters with a zero behind each and one more behind the last.
static const char *read_batch(const char **text) {
  char *names = memory(4096), *out = names;
  for (const char *c = *text;; c++) {
    if (*c >= 'a' && *c <= 'z') *out++ = *c;
    if (*c == '\\' && out > names && out[-1] != 0) *out++ = 0;
    if (*c == ']') {
      *text = c + 1;
      return names;
    }
  }
}

golden_run golden_read(const char *path) {
  size_t size;
  char *bytes = read_all(path, &size);
  uint64_t header_size;
  memcpy(&header_size, bytes, sizeof header_size);
  if (header_size > size - 8) give_up("header too long");
  char *header = memory(header_size + 1);
  memcpy(header, bytes + 8, header_size);
  const char *data = bytes + 8 + header_size;

  golden_run run = {.path = path, .width = (long)number(header, "d_model"), .heads = (long)number(header, "heads"),
                    .steps = (long)number(header, "steps"), .rate = number(header, "lr")};
  const char **batches = memory((size_t)run.steps * sizeof *batches);
  double *losses = memory((size_t)run.steps * sizeof *losses);
  const char *names = find(header, "batches") + 2, *loss = find(header, "losses") + 2;
  for (long step = 0; step < run.steps; step++) {
    batches[step] = read_batch(&names);
    char *end;
    losses[step] = strtod(loss, &end);
    loss = end + 1;
  }
  run.batches = batches;
  run.losses = losses;

  long C = run.width, counts[9] = {27 * C, 16 * C, C * C, C * C, C * C, C * C, 4 * C * C, 4 * C * C, 27 * C};
  long *offsets = memory(10 * sizeof *offsets);
  for (int t = 0; t < 9; t++) offsets[t + 1] = offsets[t] + counts[t];
  run.offsets = offsets;
  const char *prefixes[3] = {"initial", "gradient", "final"};
  const float **arrays[3] = {&run.initial, &run.gradient, &run.final};
  for (int p = 0; p < 3; p++) {
    float *array = memory((size_t)offsets[9] * sizeof(float));
    for (int t = 0; t < 9; t++) {
      char key[64];
      snprintf(key, sizeof key, "%s.%s", prefixes[p], golden_tensors[t]);
      const char *place = strstr(find(header, key), "\"data_offsets\":[");
      long first = strtol(place + strlen("\"data_offsets\":["), NULL, 10);
      memcpy(array + offsets[t], data + first, (size_t)counts[t] * sizeof(float));
    }
    *arrays[p] = array;
  }
  return run;
}
