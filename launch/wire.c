// A cable between two network interfaces that takes its time: wire NEAR FAR MICROSECONDS.
//
// Every frame that arrives on one interface leaves by the other a fixed time later, in order. It does what tc's netem
// does, where the kernel has none. launch/namespaces compiles and starts it; it prints "ready" once both ends are
// open, then runs until it is killed.
//
// The kernel hands over frames of up to 64 KiB whose checksum is not filled in, because a virtual cable needs none.
// PACKET_VNET_HDR puts a description of what is missing before each frame, and takes it back on the other side.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
  longestFrame = 1 << 17,
  queueBytes = 1 << 26,   // per direction; what does not fit is lost, as in a switch
  socketBytes = 1 << 26,
  framesInTurn = 64,      // from one end before the other gets its turn
};

// Frames on their way, oldest first: records of a header and the frame, in a ring.
struct Record {
  int64_t due;       // nanoseconds
  uint32_t length;   // 0: nothing here, the next record is at the ring's start
};

struct Direction {
  int from, to;
  char *ring;
  size_t head, tail;   // of the oldest record; behind the newest. Equal: empty
};

static void fail(const char *what) {
  fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int openEnd(const char *interface) {
  struct sockaddr_ll address = {
    .sll_family = AF_PACKET,
    .sll_protocol = htons(ETH_P_ALL),
    .sll_ifindex = (int)if_nametoindex(interface),
  };
  if (address.sll_ifindex == 0) fail(interface);
  struct packet_mreq everything = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
  int on = 1, bytes = socketBytes;
  // Protocol 0 until bind: no frame of another interface gets in.
  int end = socket(AF_PACKET, SOCK_RAW, 0);
  if (end < 0
    || setsockopt(end, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0
    || setsockopt(end, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0
    || setsockopt(end, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof everything) != 0
    || setsockopt(end, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0
    || setsockopt(end, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0
    || bind(end, (struct sockaddr *)&address, sizeof address) != 0) fail(interface);
  return end;
}

// Bytes of a record, rounded up so that the next one is aligned.
static size_t sizeOf(size_t length) {
  return (sizeof(struct Record) + length + 15) & ~(size_t)15;
}

// Where a frame of `length` bytes can be stored, or NULL if the ring is full. It never fills to the last byte: then
// head and tail would be equal, and a header always fits behind the tail.
static struct Record *place(struct Direction *d, size_t length) {
  size_t size = sizeOf(length);
  bool wrapped = d->tail < d->head;
  if ((wrapped ? d->head : (size_t)queueBytes) - d->tail > size) return (struct Record *)(d->ring + d->tail);
  if (wrapped || d->head <= size) return NULL;
  ((struct Record *)(d->ring + d->tail))->length = 0;
  d->tail = 0;
  return (struct Record *)d->ring;
}

static struct Record *oldest(struct Direction *d) {
  if (d->head == d->tail) return NULL;
  struct Record *record = (struct Record *)(d->ring + d->head);
  if (record->length != 0) return record;
  d->head = 0;
  return oldest(d);
}

static void takeIn(struct Direction *d, int64_t delay) {
  static char frame[longestFrame];
  for (int i = 0; i < framesInTurn; i++) {
    ssize_t length = recv(d->from, frame, sizeof frame, MSG_DONTWAIT);
    if (length < 0 && errno != EAGAIN && errno != EINTR && errno != ENETDOWN) fail("receive");
    if (length <= 0) return;
    struct Record *record = place(d, (size_t)length);
    if (record == NULL) continue;
    *record = (struct Record){.due = now() + delay, .length = (uint32_t)length};
    memcpy(record + 1, frame, (size_t)length);
    d->tail += sizeOf((size_t)length);
  }
}

// Sends what is due. The time at which the next frame is, or `never`.
static int64_t letOut(struct Direction *d, int64_t never) {
  for (struct Record *record; (record = oldest(d)) != NULL;) {
    if (record->due > now()) return record->due < never ? record->due : never;
    // A full queue or an interface that is down loses the frame, as a cable would.
    if (send(d->to, record + 1, record->length, 0) < 0
      && errno != ENOBUFS && errno != ENETDOWN && errno != EAGAIN) {
      fprintf(stderr, "wire: a frame of %u bytes: %s\n", record->length, strerror(errno));
    }
    d->head += sizeOf(record->length);
  }
  return never;
}

int main(int argc, char **argv) {
  char *end = "";
  long long microseconds = argc == 4 ? strtoll(argv[3], &end, 10) : -1;
  if (microseconds < 0 || microseconds > 60000000 || *end != '\0') {
    fprintf(stderr, "usage: wire NEAR FAR MICROSECONDS\n");
    return 64;
  }
  int near = openEnd(argv[1]), far = openEnd(argv[2]);
  struct Direction directions[2] = {{.from = near, .to = far}, {.from = far, .to = near}};
  for (int i = 0; i < 2; i++) {
    directions[i].ring = malloc(queueBytes);
    if (directions[i].ring == NULL) fail("memory");
  }
  puts("ready");
  fflush(stdout);
  struct pollfd ends[2] = {{.fd = near, .events = POLLIN}, {.fd = far, .events = POLLIN}};
  for (;;) {
    int64_t next = now() + 1000000000;
    for (int i = 0; i < 2; i++) next = letOut(&directions[i], next);
    int64_t wait = next - now();
    struct timespec timeout = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};
    if (wait > 0 && ppoll(ends, 2, &timeout, NULL) < 0 && errno != EINTR) fail("poll");
    for (int i = 0; i < 2; i++) takeIn(&directions[i], microseconds * 1000);
  }
}
