/* Which call meets the fault of a run: the rule of the environment, the control file, the log. Used by fault.c. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum action { PASS, FAIL, SHORT, KILL_BEFORE, KILL_AFTER };

struct control {
  _Atomic uint32_t armed; /* Calls count while this is not 0. */
  _Atomic uint32_t count; /* Calls so far that fit the rule. */
  _Atomic uint32_t fired; /* 1 once the fault has happened. */
};

static const char *const CLASSES[] = {"source", "target", "state"};
static const char *roots[3];
static const char *rule_class, *rule_op, *rule_path;
static uint32_t rule_nth;
static enum action rule_action;
static int rule_errno;
static struct control *control;
static int log_fd = -1;

static long raw(long number, long a, long b, long c, long d, long e, long f) {
  static long (*real)(long, ...);
  if (!real) real = dlsym(RTLD_NEXT, "syscall");
  return real(number, a, b, c, d, e, f);
}

__attribute__((constructor)) static void begin(void) {
  const char *control_file = getenv("LONGSHORE_FAULT_CONTROL");
  if (!control_file) return;
  roots[0] = getenv("LONGSHORE_FAULT_SOURCE");
  roots[1] = getenv("LONGSHORE_FAULT_TARGET");
  roots[2] = getenv("LONGSHORE_FAULT_STATE");
  int fd = raw(SYS_openat, AT_FDCWD, (long)control_file, O_RDWR | O_CLOEXEC, 0, 0, 0);
  void *mapped = (void *)raw(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd < 0 || mapped == MAP_FAILED) abort();
  raw(SYS_close, fd, 0, 0, 0, 0, 0);
  const char *log = getenv("LONGSHORE_FAULT_LOG");
  if (log) log_fd = raw(SYS_openat, AT_FDCWD, (long)log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600, 0, 0);
  rule_class = getenv("LONGSHORE_FAULT_CLASS");
  rule_op = getenv("LONGSHORE_FAULT_OP");
  rule_path = getenv("LONGSHORE_FAULT_PATH");
  const char *nth = getenv("LONGSHORE_FAULT_NTH"), *action = getenv("LONGSHORE_FAULT_ACTION");
  rule_nth = nth ? atoi(nth) : 0;
  if (!action) rule_action = PASS;
  else if (!strcmp(action, "short")) rule_action = SHORT;
  else if (!strcmp(action, "kill-before")) rule_action = KILL_BEFORE;
  else if (!strcmp(action, "kill-after")) rule_action = KILL_AFTER;
  else rule_action = FAIL, rule_errno = atoi(action);
  control = mapped;
}

static void die(void) {
  raw(SYS_kill, getpid(), SIGKILL, 0, 0, 0, 0);
  for (;;) pause();
}

/* The class of a path, and in `below` what of it is below that class's root. NULL: none of ours. */
static const char *class_of(const char *path, const char **below) {
  for (int at = 0; at < 3; at++) {
    size_t length = roots[at] ? strlen(roots[at]) : 0;
    if (length == 0 || strncmp(path, roots[at], length) != 0) continue;
    if (path[length] != '/' && path[length] != 0) continue;
    *below = path[length] ? path + length + 1 : ".";
    return CLASSES[at];
  }
  return NULL;
}

/* What is to happen to this call. Keeps errno, unless the call is to fail. */
static enum action meet(const char *op, const char *path) {
  const char *below = NULL, *class = control && atomic_load(&control->armed) && path ? class_of(path, &below) : NULL;
  if (!class) return PASS;
  int before = errno;
  if (log_fd >= 0) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%s\t%s\t%s\n", class, op, below);
    raw(SYS_write, log_fd, (long)line, length, 0, 0, 0);
  }
  errno = before;
  if (rule_action == PASS || strcmp(class, rule_class) || strcmp(op, rule_op) || fnmatch(rule_path, below, 0)) return PASS;
  if (atomic_fetch_add(&control->count, 1) + 1 != rule_nth || atomic_exchange(&control->fired, 1)) return PASS;
  if (rule_action == KILL_BEFORE) die();
  if (rule_action == FAIL) errno = rule_errno;
  return rule_action;
}

/* Absolute, for a path that may be relative to a folder. */
static const char *absolute(int folder, const char *path, char *buffer) {
  if (!control || !path || path[0] == '/') return path;
  char link[64];
  if (folder == AT_FDCWD) strcpy(link, "/proc/self/cwd");
  else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  int before = errno;
  long length = raw(SYS_readlinkat, AT_FDCWD, (long)link, (long)buffer, PATH_MAX - 1, 0, 0);
  errno = before;
  if (length <= 0) return NULL;
  buffer[length] = 0;
  if (path[0]) snprintf(buffer + length, PATH_MAX - length, "/%s", path);
  return buffer;
}

static enum action meet_at(const char *op, int folder, const char *path) {
  char buffer[PATH_MAX];
  return meet(op, absolute(folder, path, buffer));
}

static enum action meet_path(const char *op, const char *path) { return meet_at(op, AT_FDCWD, path); }
static enum action meet_fd(const char *op, int fd) { return fd < 0 ? PASS : meet_at(op, fd, ""); }

/* Of two paths the first that is of ours counts. */
static enum action meet_two(const char *op, const char *from, const char *to) {
  char buffer[PATH_MAX];
  const char *below, *path = absolute(AT_FDCWD, from, buffer);
  return path && class_of(path, &below) ? meet(op, path) : meet_path(op, to);
}
