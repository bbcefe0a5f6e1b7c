/* A disk that is slow or full, for the files of one directory.
 *
 * LD_PRELOAD=this DISK_DIR=/watched DISK_SLOW=/path DISK_FULL=/path
 * While a file exists under DISK_SLOW every sync in the directory takes 50 ms; under DISK_FULL every write fails with ENOSPC. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

enum { SLOW_US = 50000 };

static int is_watched(int fd) {
  const char *directory = getenv("DISK_DIR");
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (directory == NULL || length < 0) return 0;
  path[length] = 0;
  return strncmp(path, directory, strlen(directory)) == 0;
}

static int exists(const char *name) {
  const char *path = getenv(name);
  return path != NULL && access(path, F_OK) == 0;
}

static int is_full(int fd) {
  if (!exists("DISK_FULL") || !is_watched(fd)) return 0;
  errno = ENOSPC;
  return 1;
}

static void wait_if_slow(int fd) {
  if (exists("DISK_SLOW") && is_watched(fd)) usleep(SLOW_US);
}

int fsync(int fd) {
  wait_if_slow(fd);
  return REAL(fsync)(fd);
}

int fdatasync(int fd) {
  wait_if_slow(fd);
  return REAL(fdatasync)(fd);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  return is_full(fd) ? -1 : REAL(write)(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  return is_full(fd) ? -1 : REAL(pwrite)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  return is_full(fd) ? -1 : REAL(pwrite64)(fd, bytes, count, at);
}
