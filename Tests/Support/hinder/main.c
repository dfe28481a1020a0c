// hinder [--no-flock ERRNO] [--fsync FILE] [--log FILE] PROGRAM ARGUMENT…: runs a program under a kernel that has no
// flock, whose disk is slow or full, or that tells what reaches the disk. The calls are the program's own: the kernel
// stops them (seccomp), and a process beside the program decides.
//
// --no-flock ERRNO   every flock fails with that number.
// --fsync FILE       each fsync of a file whose path holds TEXT, while FILE says `wait TEXT`, is kept waiting, and while
//                    FILE says `fail TEXT` fails with ENOSPC. All others go on. FILE may change, come and go.
// --log FILE         the path of each fsync is appended to FILE.
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_WAITING = 64 };

static void give_up(const char *what) {
  fprintf(stderr, "hinder: %s: %s\n", what, strerror(errno));
  exit(70);
}

// Puts the filter on this process and all that it becomes.
//
// Returns where the kernel asks about each fsync, or -1.
static int filter(int flock_errno, int asks) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_flock, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, flock_errno ? SECCOMP_RET_ERRNO | (unsigned)flock_errno : SECCOMP_RET_ALLOW),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsync, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, asks ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog all = {sizeof program / sizeof *program, program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) give_up("no new privileges");
  long listener =
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, asks ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, &all);
  if (listener < 0) give_up("seccomp");
  return asks ? (int)listener : -1;
}

// A descriptor for the process at the other end.
static void pass(int socket, int descriptor) {
  char byte = 0, space[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec content = {&byte, 1};
  struct msghdr message = {.msg_iov = &content, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
  if (sendmsg(socket, &message, 0) < 0) give_up("sendmsg");
}

static int receive(int socket) {
  char byte, space[CMSG_SPACE(sizeof(int))];
  struct iovec content = {&byte, 1};
  struct msghdr message = {.msg_iov = &content, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
  int descriptor = -1;
  if (recvmsg(socket, &message, 0) <= 0 || !CMSG_FIRSTHDR(&message)) exit(70);
  memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
  return descriptor;
}

struct call {
  struct seccomp_notif asked;
  char path[4096];
};

// What FILE says of a path: 'w', 'f', or 0.
static char verdict(const char *file, const char *path) {
  char word[8], text[256];
  FILE *open = file ? fopen(file, "r") : NULL;
  if (!open) return 0;
  int count = fscanf(open, "%7s %255s", word, text);
  fclose(open);
  return count == 2 && strstr(path, text) ? word[0] : 0;
}

static void answer(int listener, const struct seccomp_notif *asked, int error) {
  struct seccomp_notif_resp response = {
      .id = asked->id, .error = -error, .flags = error ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE};
  // ENOENT: the thread that called has gone.
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) && errno != ENOENT) exit(70);
}

static void note(const char *log, const char *path) {
  FILE *open = log ? fopen(log, "a") : NULL;
  if (!open) return;
  fprintf(open, "%s\n", path);
  fclose(open);
}

// Decides, until nobody is left who could call.
static void decide(int listener, const char *file, const char *log) {
  static struct call waiting[MOST_WAITING];
  int count = 0;
  for (;;) {
    struct pollfd state = {listener, POLLIN, 0};
    if (poll(&state, 1, count ? 10 : -1) < 0 && errno != EINTR) exit(70);
    if (state.revents & POLLHUP) exit(0);
    if (state.revents & POLLIN && count < MOST_WAITING) {
      struct call *call = &waiting[count];
      memset(call, 0, sizeof *call);
      if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call->asked)) continue;
      char link[64];
      snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)call->asked.pid, (int)call->asked.data.args[0]);
      if (readlink(link, call->path, sizeof call->path - 1) < 0) call->path[0] = 0;
      note(log, call->path);
      count++;
    }
    int left = 0;
    for (int i = 0; i < count; i++) {
      char what = verdict(file, waiting[i].path);
      if (what == 'w') {
        waiting[left++] = waiting[i];
      } else {
        answer(listener, &waiting[i].asked, what == 'f' ? ENOSPC : 0);
      }
    }
    count = left;
  }
}

int main(int argc, char **argv) {
  const char *file = NULL, *log = NULL;
  int flock_errno = 0;
  argv++;
  for (; argc > 2 && *argv && strncmp(*argv, "--", 2) == 0 && argv[1]; argv += 2) {
    if (!strcmp(*argv, "--no-flock")) flock_errno = atoi(argv[1]);
    if (!strcmp(*argv, "--fsync")) file = argv[1];
    if (!strcmp(*argv, "--log")) log = argv[1];
  }
  if (!*argv) {
    fputs("hinder [--no-flock ERRNO] [--fsync FILE] [--log FILE] PROGRAM ARGUMENT…\n", stderr);
    return 64;
  }
  int ends[2], asks = file || log;
  // The program keeps this process's number: whoever started it sends its signals there.
  if (asks) {
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) give_up("socketpair");
    pid_t child = fork();
    if (child < 0) give_up("fork");
    if (child == 0) {
      // Another process group, and nobody's output: a signal to the job is not for it.
      setpgid(0, 0);
      for (int i = 0; i < 3; i++) close(i);
      close(ends[0]);
      decide(receive(ends[1]), file, log);
    }
    close(ends[1]);
  }
  int listener = filter(flock_errno, asks);
  if (asks) {
    pass(ends[0], listener);
    close(ends[0]);
    close(listener);
  }
  execvp(*argv, argv);
  give_up(*argv);
}
