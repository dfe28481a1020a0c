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

/// Doubles that a rank may leave for the others beside its flag.
#define CSPIN_NOTES 4

/// One flag with a line of its own, whose memory begins as zeros at a multiple of CSPIN_LINE. (The type cannot say so:
/// Swift imports none of such an alignment.)
typedef struct {
  /// Arrivals so far; only the functions here touch it.
  uint64_t arrivals;
  /// For whatever goes with an arrival: it costs no line of its own. Ordered like any other memory.
  double notes[CSPIN_NOTES];
  uint8_t padding[CSPIN_LINE - sizeof(uint64_t) - CSPIN_NOTES * sizeof(double)];
} cspin_line;

/// One rank's view of the barrier. Not shared.
typedef struct {
  /// lines[r]: rank r's own lines, cspin_lines() of them.
  cspin_line *_Nonnull const *_Nonnull lines;
  uint32_t rank, ranks;
  /// Whether everybody looks at everybody's flag (N loads, one after the other's store), or a wave goes round in
  /// log₂ N stages.
  uint32_t flat;
  /// Stages of a wait, and those behind this rank.
  uint32_t stages, stage;
  uint64_t arrivals;
} cspin_barrier;

/// Stages of a wave: the smallest s with 2^s at least N.
static inline uint32_t cspin_stages(uint32_t ranks) {
  uint32_t stages = 0;
  while ((uint64_t)1 << stages < ranks) stages++;
  return stages;
}

/// Lines each rank must bring: the first with its notes, and one a stage of the wave.
static inline uint32_t cspin_lines(uint32_t ranks, uint32_t flat) {
  return flat ? 1 : 1 + cspin_stages(ranks);
}

/// - lines: (ranks) pointers to each rank's lines; must outlive the barrier.
static inline cspin_barrier cspin_make(cspin_line *_Nonnull const *_Nonnull lines, uint32_t rank,
                                       uint32_t ranks, uint32_t flat) {
  return (cspin_barrier){.lines = lines, .rank = rank, .ranks = ranks, .flat = flat,
                         .stages = flat ? ranks - 1 : cspin_stages(ranks)};
}

/// A rank's note, and how it leaves one: before it arrives, for the others to read once they have passed.
static inline double cspin_note(const cspin_line *_Nonnull line, uint32_t which) { return line->notes[which]; }
static inline void cspin_leave(cspin_line *_Nonnull line, uint32_t which, double value) {
  line->notes[which] = value;
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

/// In the wave's stage s rank r tells rank r + 2^s, in that rank's line 1 + s: there it waits for nobody's memory
/// but its own.
static inline void cspin_pass_on(cspin_barrier *_Nonnull b) {
  uint32_t target = (uint32_t)((b->rank + ((uint64_t)1 << b->stage)) % b->ranks);
  cspin_announce(&b->lines[target][1 + b->stage], b->arrivals);
}

/// Announces this rank. Everything it wrote before goes with it.
static inline void cspin_arrive(cspin_barrier *_Nonnull b) {
  b->arrivals++;
  b->stage = 0;
  if (b->flat)
    cspin_announce(&b->lines[b->rank][0], b->arrivals);
  else if (b->stages > 0)
    cspin_pass_on(b);
}

/// Waits for the others, looking at most `patience` times in vain.
///
/// Returns 1 when all have arrived; 0 to be called again, once the caller has seen to whatever else there is.
///
/// Source of the wave: Hensgen, Finkel and Manber, "Two algorithms for barrier synchronization", 1988.
static inline int cspin_wait(cspin_barrier *_Nonnull b, uint32_t patience) {
  while (b->stage < b->stages) {
    cspin_line *line = b->flat ? &b->lines[(b->rank + 1 + b->stage) % b->ranks][0]
                               : &b->lines[b->rank][1 + b->stage];
    while (!cspin_has_arrived(line, b->arrivals)) {
      if (patience-- == 0) return 0;
      cspin_pause();
    }
    b->stage++;
    if (!b->flat && b->stage < b->stages) cspin_pass_on(b);
  }
  return 1;
}

#endif
