// A barrier of the ranks of one node, or of threads, on atomics in memory they share.
//
// What a rank wrote before it arrives, every rank sees once it has passed: each store that announces an arrival
// releases, each load that sees one acquires. There are no standalone fences: Thread Sanitizer does not know them,
// and it is what shows a missing release or acquire on hosts that order memory strongly (Tests/memory-order).
//
// Header only, so that the stress test compiles this very code. Arrivals are counted and not flipped: a counter of
// 64 bits never wraps.
#ifndef CSPIN_H
#define CSPIN_H

#include <stdatomic.h>
#include <stdint.h>

#ifndef CSPIN_RELEASE /* relaxed in Tests/memory-order, to see the sanitizer find it */
#define CSPIN_RELEASE memory_order_release
#endif
#ifndef CSPIN_ACQUIRE
#define CSPIN_ACQUIRE memory_order_acquire
#endif

/// Bytes between two flags. Twice a cache line: x86 fetches lines in pairs, and some Arm cores have lines of 128.
#define CSPIN_LINE 128

/// Doubles that a rank may leave for the others beside its flag, and how many of them are added up.
#define CSPIN_NOTES 4
#define CSPIN_SUMS 2

/// One flag with a line of its own, whose memory begins as zeros at a multiple of CSPIN_LINE. (The type cannot say so:
/// Swift imports none of such an alignment.)
typedef struct {
  /// Arrivals so far; only the functions here touch it.
  uint64_t arrivals;
  /// For whatever goes with an arrival: it costs no line of its own. Ordered like any other memory. In a wave's line two
  /// sets of sums, of odd arrivals and of even ones: the next may be written before the last is read.
  double notes[CSPIN_NOTES];
  uint8_t padding[CSPIN_LINE - sizeof(uint64_t) - CSPIN_NOTES * sizeof(double)];
} cspin_line;

/// One rank's view of the barrier. Not shared.
typedef struct {
  /// lines[r]: rank r's own lines, cspin_lines() of them.
  cspin_line *_Nonnull const *_Nonnull lines;
  uint32_t rank, ranks;
  /// Whether everybody looks at everybody's flag (N loads, one after the other's store), or pairs meet in waves.
  uint32_t flat;
  /// The largest power of two at most N: so many ranks meet in waves, and each of the others goes with one of them.
  uint32_t core, waves;
  /// Stages of a wait, and those after this rank.
  uint32_t stages, stage;
  uint64_t arrivals;
  /// What this rank has left to be added up, and the sums so far.
  double own[CSPIN_SUMS], sums[CSPIN_SUMS];
} cspin_barrier;

/// A rank's lines beside the first, of waves: where the one that goes with it arrives, where that one hears that all have,
/// and one for each wave.
enum { CSPIN_GUEST = 1, CSPIN_BACK = 2, CSPIN_WAVE = 3 };

static inline uint32_t cspin_waves(uint32_t ranks) {
  uint32_t waves = 0;
  while ((uint64_t)2 << waves <= ranks) waves++;
  return waves;
}

/// Lines each rank must bring: the first with its notes, and those of the waves.
static inline uint32_t cspin_lines(uint32_t ranks, uint32_t flat) {
  return flat ? 1 : CSPIN_WAVE + cspin_waves(ranks);
}

/// How often lines change hands in one pass of all ranks: with a store, which takes the line from whoever has read it, and
/// with each look of another rank that finds it new.
static inline uint64_t cspin_transfers(uint32_t ranks, uint32_t flat) {
  if (flat) return (uint64_t)ranks * ranks;
  uint32_t waves = cspin_waves(ranks), core = 1u << waves;
  return 2 * ((uint64_t)core * waves + 2 * (uint64_t)(ranks - core));
}

/// How many lines a rank waits for at most, one after the other.
static inline uint32_t cspin_depth(uint32_t ranks, uint32_t flat) {
  if (flat) return ranks - 1;
  uint32_t waves = cspin_waves(ranks);
  return waves + (ranks > 1u << waves ? 2 : 0);
}

static inline int cspin_is_guest(const cspin_barrier *_Nonnull b) { return b->rank >= b->core; }
static inline int cspin_has_guest(const cspin_barrier *_Nonnull b) {
  return !cspin_is_guest(b) && b->rank + b->core < b->ranks;
}

/// - lines: (ranks) pointers to each rank's lines; must outlive the barrier.
static inline cspin_barrier cspin_make(cspin_line *_Nonnull const *_Nonnull lines, uint32_t rank,
                                       uint32_t ranks, uint32_t flat) {
  cspin_barrier b = {.lines = lines, .rank = rank, .ranks = ranks, .flat = flat};
  b.waves = cspin_waves(ranks);
  b.core = 1u << b.waves;
  if (flat)
    b.stages = ranks - 1;
  else if (cspin_is_guest(&b))
    b.stages = 1;
  else
    b.stages = b.waves + (cspin_has_guest(&b) ? 1 : 0);
  return b;
}

/// A rank's note, and how one leaves its own: before it arrives, for the others to read once they have passed.
static inline double cspin_note(const cspin_line *_Nonnull line, uint32_t which) { return line->notes[which]; }
static inline void cspin_leave(cspin_barrier *_Nonnull b, uint32_t which, double value) {
  b->lines[b->rank][0].notes[which] = value;
  if (which < CSPIN_SUMS) b->own[which] = value;
}

/// The notes `which` of ranks `first` to `first + count`, of those that meet in waves, and of their guests, in the order
/// in which waves add them up.
static inline double cspin_sum_of(const cspin_barrier *_Nonnull b, uint32_t which, uint32_t first, uint32_t count) {
  if (count > 1)
    return cspin_sum_of(b, which, first, count / 2) + cspin_sum_of(b, which, first + count / 2, count / 2);
  double own = cspin_note(b->lines[first], which);
  return first + b->core < b->ranks ? own + cspin_note(b->lines[first + b->core], which) : own;
}

/// The sum of all ranks' notes, one of the first CSPIN_SUMS, between two passes: the same on every rank to the bit, in the
/// ranks' order, or in that of the waves.
///
/// - travelled: whether the ranks have met here, and not in another barrier.
static inline double cspin_sum(const cspin_barrier *_Nonnull b, uint32_t which, int travelled) {
  if (!b->flat) return travelled ? b->sums[which] : cspin_sum_of(b, which, 0, b->core);
  double sum = 0;
  for (uint32_t rank = 0; rank < b->ranks; rank++) sum += cspin_note(b->lines[rank], which);
  return sum;
}

static inline void cspin_announce(cspin_line *_Nonnull line, uint64_t arrivals) {
  atomic_store_explicit((_Atomic uint64_t *)&line->arrivals, arrivals, CSPIN_RELEASE);
}

static inline int cspin_has_arrived(cspin_line *_Nonnull line, uint64_t arrivals) {
  return atomic_load_explicit((_Atomic uint64_t *)&line->arrivals, CSPIN_ACQUIRE) >= arrivals;
}

/// Tells the core that this is a spin loop.
static inline void cspin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb"); /* yield does nothing on most cores */
#endif
}

/// Tells `target`, in one of its lines, that this rank and all that it has heard of have arrived, and their sums.
static inline void cspin_send(cspin_barrier *_Nonnull b, uint32_t target, uint32_t index) {
  cspin_line *line = &b->lines[target][index];
  double *sums = line->notes + (b->arrivals & 1) * CSPIN_SUMS;
  for (int i = 0; i < CSPIN_SUMS; i++) sums[i] = b->sums[i];
  cspin_announce(line, b->arrivals);
}

/// Takes the sums that came with an arrival: of others, or, for a guest, of all.
static inline void cspin_receive(cspin_barrier *_Nonnull b, const cspin_line *_Nonnull line) {
  const double *sums = line->notes + (b->arrivals & 1) * CSPIN_SUMS;
  for (int i = 0; i < CSPIN_SUMS; i++) b->sums[i] = cspin_is_guest(b) ? sums[i] : b->sums[i] + sums[i];
}

/// What this rank sends when it has come to a stage: in wave k to the rank whose number differs in bit k. Sums of two are
/// the same on both, in whatever order they are added.
static inline void cspin_go_on(cspin_barrier *_Nonnull b) {
  uint32_t before = cspin_has_guest(b) ? 1 : 0;
  if (cspin_is_guest(b)) {
    if (b->stage == 0) cspin_send(b, b->rank - b->core, CSPIN_GUEST);
  } else if (b->stage >= before && b->stage - before < b->waves) {
    uint32_t wave = b->stage - before;
    cspin_send(b, b->rank ^ 1u << wave, CSPIN_WAVE + wave);
  } else if (before && b->stage == b->stages) {
    cspin_send(b, b->rank + b->core, CSPIN_BACK);
  }
}

/// The line that a stage waits for. In a flat barrier one of another rank, else one of this rank's own.
static inline cspin_line *_Nonnull cspin_awaited(cspin_barrier *_Nonnull b) {
  if (b->flat) return &b->lines[(b->rank + 1 + b->stage) % b->ranks][0];
  cspin_line *own = b->lines[b->rank];
  if (cspin_is_guest(b)) return &own[CSPIN_BACK];
  if (!cspin_has_guest(b)) return &own[CSPIN_WAVE + b->stage];
  return b->stage == 0 ? &own[CSPIN_GUEST] : &own[CSPIN_WAVE + b->stage - 1];
}

/// Announces this rank. Everything it wrote before goes with it.
static inline void cspin_arrive(cspin_barrier *_Nonnull b) {
  b->arrivals++;
  b->stage = 0;
  for (int i = 0; i < CSPIN_SUMS; i++) b->sums[i] = b->own[i];
  if (b->flat)
    cspin_announce(&b->lines[b->rank][0], b->arrivals);
  else
    cspin_go_on(b);
}

/// Waits for the others, looking at most `patience` times in vain.
///
/// Returns 1 when all have arrived; 0 to be called again, once the caller has seen to whatever else there is.
///
/// Source of the waves: Thakur, Rabenseifner and Gropp, "Optimization of collective communication operations in MPICH",
/// 2005, recursive doubling.
static inline int cspin_wait(cspin_barrier *_Nonnull b, uint32_t patience) {
  while (b->stage < b->stages) {
    cspin_line *line = cspin_awaited(b);
    while (!cspin_has_arrived(line, b->arrivals)) {
      if (patience-- == 0) return 0;
      cspin_pause();
    }
    b->stage++;
    if (b->flat) continue;
    cspin_receive(b, line);
    cspin_go_on(b);
  }
  return 1;
}

#endif
