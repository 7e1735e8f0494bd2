/*
 * Preloaded into the program by the system tests: names each file call on the three roots of a test (source, target,
 * state), and lets one of them fail. The control file is shared by all threads and child processes of a run, so exactly
 * one call meets the fault. What the variables of the environment mean: test/calls/preload.ts.
 */
#include "rule.h"

/* WRAP(type of the result, name, parameters, arguments, what a failure returns, the meeting): a call that is done or fails. */
#define REAL(result, name, parameters)             \
  static result(*real) parameters;                 \
  if (!real) real = dlsym(RTLD_NEXT, #name)
#define WRAP(result, name, parameters, arguments, failed, meeting) \
  result name parameters {                                         \
    REAL(result, name, parameters);                                \
    enum action action = meeting;                                  \
    if (action == FAIL) return failed;                             \
    result done = real arguments;                                  \
    if (action == KILL_AFTER) die();                               \
    return done;                                                   \
  }
/* A transfer of bytes; a short one moves half of them. */
#define TRANSFER(name, op, parameters, arguments, shorten) \
  ssize_t name parameters {                                \
    REAL(ssize_t, name, parameters);                       \
    enum action action = meet_fd(op, fd);                  \
    struct iovec half; /* of the whole function: the call reads it */ \
    (void)half;                                            \
    if (action == FAIL) return -1;                         \
    if (action == SHORT) { shorten; }                      \
    ssize_t done = real arguments;                         \
    if (action == KILL_AFTER) die();                       \
    return done;                                           \
  }
#define HALF if (size > 1) size /= 2
#define HALF_OF_FIRST                                                    \
  if (count > 0)                                                         \
    half.iov_base = vector[0].iov_base, half.iov_len = (vector[0].iov_len + 1) / 2, vector = &half, count = 1

TRANSFER(read, "read", (int fd, void *to, size_t size), (fd, to, size), HALF)
TRANSFER(pread64, "read", (int fd, void *to, size_t size, off64_t at), (fd, to, size, at), HALF)
TRANSFER(readv, "read", (int fd, const struct iovec *vector, int count), (fd, vector, count), HALF_OF_FIRST)
TRANSFER(preadv64, "read", (int fd, const struct iovec *vector, int count, off64_t at), (fd, vector, count, at), HALF_OF_FIRST)
TRANSFER(write, "write", (int fd, const void *from, size_t size), (fd, from, size), HALF)
TRANSFER(pwrite64, "write", (int fd, const void *from, size_t size, off64_t at), (fd, from, size, at), HALF)
TRANSFER(writev, "write", (int fd, const struct iovec *vector, int count), (fd, vector, count), HALF_OF_FIRST)
TRANSFER(pwritev64, "write", (int fd, const struct iovec *vector, int count, off64_t at), (fd, vector, count, at), HALF_OF_FIRST)
TRANSFER(sendfile64, "write", (int fd, int from, off64_t *at, size_t size), (fd, from, at, size), HALF)

WRAP(int, fsync, (int fd), (fd), -1, meet_fd("fsync", fd))
WRAP(int, fdatasync, (int fd), (fd), -1, meet_fd("fsync", fd))
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size), -1, meet_fd("truncate", fd))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), -1, meet_fd("chmod", fd))
WRAP(int, futimens, (int fd, const struct timespec times[2]), (fd, times), -1, meet_fd("utime", fd))
WRAP(int, fstatfs64, (int fd, struct statfs64 *to), (fd, to), -1, meet_fd("statfs", fd))
WRAP(int, __fxstat64, (int version, int fd, struct stat64 *to), (version, fd, to), -1, meet_fd("stat", fd))
WRAP(void *, mmap64, (void *at, size_t size, int protection, int flags, int fd, off64_t offset),
     (at, size, protection, flags, fd, offset), MAP_FAILED, meet_fd("mmap", fd))
WRAP(struct dirent64 *, readdir64, (DIR *folder), (folder), NULL, meet_fd("readdir", dirfd(folder)))

WRAP(int, unlink, (const char *path), (path), -1, meet_path("unlink", path))
WRAP(int, remove, (const char *path), (path), -1, meet_path("unlink", path))
WRAP(int, rmdir, (const char *path), (path), -1, meet_path("rmdir", path))
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), -1, meet_path("mkdir", path))
WRAP(char *, mkdtemp, (char *path), (path), NULL, meet_path("mkdir", path))
WRAP(int, chmod, (const char *path, mode_t mode), (path, mode), -1, meet_path("chmod", path))
WRAP(int, access, (const char *path, int mode), (path, mode), -1, meet_path("access", path))
WRAP(int, __xstat64, (int version, const char *path, struct stat64 *to), (version, path, to), -1, meet_path("stat", path))
WRAP(int, __lxstat64, (int version, const char *path, struct stat64 *to), (version, path, to), -1, meet_path("stat", path))
WRAP(int, stat64, (const char *path, struct stat64 *to), (path, to), -1, meet_path("stat", path))
WRAP(int, statfs64, (const char *path, struct statfs64 *to), (path, to), -1, meet_path("statfs", path))
WRAP(ssize_t, readlink, (const char *path, char *to, size_t size), (path, to, size), -1, meet_path("readlink", path))
WRAP(char *, realpath, (const char *path, char *to), (path, to), NULL, meet_path("realpath", path))
WRAP(DIR *, opendir, (const char *path), (path), NULL, meet_path("opendir", path))
WRAP(int, scandir64, (const char *path, struct dirent64 ***to, int (*filter)(const struct dirent64 *),
     int (*compare)(const struct dirent64 **, const struct dirent64 **)), (path, to, filter, compare), -1, meet_path("opendir", path))
WRAP(int, utimensat, (int folder, const char *path, const struct timespec times[2], int flags), (folder, path, times, flags), -1,
     meet_at("utime", folder, path))
WRAP(int, inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask), -1, meet_path("watch", path))
WRAP(int, rename, (const char *from, const char *to), (from, to), -1, meet_two("rename", from, to))
WRAP(int, link, (const char *from, const char *to), (from, to), -1, meet_two("link", from, to))
WRAP(int, symlink, (const char *to, const char *path), (to, path), -1, meet_path("symlink", path))

/*
 * A failed close has closed all the same. Only what was opened for writing has something left that can fail then; Node ends
 * the process when the close of a file fails that it has only read.
 */
int close(int fd) {
  REAL(int, close, (int));
  int flags = control ? raw(SYS_fcntl, fd, F_GETFL, 0, 0, 0, 0) : -1;
  int writes = flags != -1 && (flags & O_ACCMODE) != O_RDONLY;
  enum action action = writes ? meet_fd("close", fd) : PASS;
  int failure = errno, done = real(fd);
  if (action == KILL_AFTER) die();
  if (action != FAIL) return done;
  errno = failure;
  return -1;
}

int open64(const char *path, int flags, ...) {
  REAL(int, open64, (const char *, int, ...));
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  enum action action = meet_path(flags & O_CREAT ? "create" : "open", path);
  if (action == FAIL) return -1;
  int done = real(path, flags, mode);
  if (action == KILL_AFTER) die();
  return done;
}

int fcntl64(int fd, int command, ...) {
  REAL(int, fcntl64, (int, int, ...));
  va_list rest;
  va_start(rest, command);
  long argument = va_arg(rest, long);
  va_end(rest);
  int locks = command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK || command == F_OFD_SETLKW;
  enum action action = locks ? meet_fd("lock", fd) : PASS;
  if (action == FAIL) return -1;
  int done = real(fd, command, argument);
  if (action == KILL_AFTER) die();
  return done;
}

/* libuv has no function of the C library for some calls. */
long syscall(long number, ...) {
  va_list rest;
  long a[6];
  va_start(rest, number);
  for (int at = 0; at < 6; at++) a[at] = va_arg(rest, long);
  va_end(rest);
  enum action action = PASS;
  if (number == SYS_statx) action = meet_at("stat", (int)a[0], (const char *)a[1]);
  if (number == SYS_close) return close((int)a[0]);
  if (number == SYS_copy_file_range) action = meet_fd("write", (int)a[2]);
  if (action == FAIL) return -1;
  if (action == SHORT && a[4] > 1) a[4] /= 2;
  long done = raw(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (action == KILL_AFTER) die();
  return done;
}
