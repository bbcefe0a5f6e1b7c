/* Records, in order, everything a process does to the files of one directory: what it writes, and what it syncs. From the
 * record a test builds what a disk holds when the power goes at any point: synced bytes, and an arbitrary part of the others.
 *
 * LD_PRELOAD=this POWER_DIR=/watched POWER_LOG=/elsewhere/log [POWER_FAIL=/path]
 * While a file exists under POWER_FAIL, every sync in the directory fails with EIO.
 *
 * One entry: u8 operation, 7 bytes 0, u64 inode, u64 offset, u64 length, then `length` bytes (little endian).
 * Operations: 1 write, 2 truncate (to offset), 3 sync, 4 name (bytes: path), 5 unlink (path), 6 rename (two paths, NUL between). */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OP_WRITE = 1, OP_TRUNCATE, OP_SYNC, OP_NAME, OP_UNLINK, OP_RENAME };
enum { MAX_FD = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *directory;
static size_t directory_length;
static const char *fail_path;
static int log_fd = -1;
/* Inode behind each descriptor of a watched file; 0 for all others. */
static uint64_t inodes[MAX_FD];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void start(void) {
  const char *log = getenv("POWER_LOG");
  directory = getenv("POWER_DIR");
  fail_path = getenv("POWER_FAIL");
  if (log == NULL || directory == NULL) return;
  directory_length = strlen(directory);
  log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(const void *bytes, size_t length) {
  const char *at = bytes;
  while (length > 0) {
    ssize_t written = syscall(SYS_write, log_fd, at, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) abort();
    at += written;
    length -= (size_t)written;
  }
}

static void record(uint8_t operation, uint64_t inode, uint64_t offset, const void *bytes, uint64_t length) {
  uint64_t header[4] = {operation, inode, offset, length};
  int kept = errno;
  put(header, sizeof header);
  if (length > 0) put(bytes, length);
  errno = kept;
}

static int watched_path(const char *path) {
  if (log_fd < 0 || path == NULL) return 0;
  if (strncmp(path, directory, directory_length) != 0 || path[directory_length] != '/') return 0;
  size_t length = strlen(path);
  /* The shared memory of the log is rebuilt after a crash and is no part of what must survive. */
  return length < 4 || strcmp(path + length - 4, "-shm") != 0;
}

static uint64_t watched(int fd) { return fd >= 0 && fd < MAX_FD ? inodes[fd] : 0; }

static int opened(int fd, const char *path, int flags) {
  if (fd < 0 || fd >= MAX_FD) return fd;
  inodes[fd] = 0;
  struct stat found;
  if (!watched_path(path) || fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) return fd;
  inodes[fd] = found.st_ino;
  record(OP_NAME, found.st_ino, 0, path, strlen(path));
  if (flags & O_TRUNC) record(OP_TRUNCATE, found.st_ino, 0, NULL, 0);
  return fd;
}

#define OPEN_BODY(name)                                                  \
  mode_t mode = 0;                                                       \
  if (flags & (O_CREAT | O_TMPFILE)) {                                   \
    va_list list;                                                        \
    va_start(list, flags);                                               \
    mode = va_arg(list, mode_t);                                         \
    va_end(list);                                                        \
  }                                                                      \
  pthread_mutex_lock(&lock);                                             \
  int fd = opened(REAL(name)(path, flags, mode), path, flags);           \
  pthread_mutex_unlock(&lock);                                           \
  return fd;

int open(const char *path, int flags, ...) { OPEN_BODY(open) }
int open64(const char *path, int flags, ...) { OPEN_BODY(open64) }

int close(int fd) {
  pthread_mutex_lock(&lock);
  if (fd >= 0 && fd < MAX_FD) inodes[fd] = 0;
  int result = REAL(close)(fd);
  pthread_mutex_unlock(&lock);
  return result;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  uint64_t inode = watched(fd);
  if (inode == 0) return REAL(write)(fd, bytes, length);
  pthread_mutex_lock(&lock);
  ssize_t written = REAL(write)(fd, bytes, length);
  if (written > 0) record(OP_WRITE, inode, (uint64_t)lseek(fd, 0, SEEK_CUR) - (uint64_t)written, bytes, (uint64_t)written);
  pthread_mutex_unlock(&lock);
  return written;
}

static ssize_t positioned(int fd, const void *bytes, size_t length, off64_t offset) {
  uint64_t inode = watched(fd);
  if (inode == 0) return REAL(pwrite64)(fd, bytes, length, offset);
  pthread_mutex_lock(&lock);
  ssize_t written = REAL(pwrite64)(fd, bytes, length, offset);
  if (written > 0) record(OP_WRITE, inode, (uint64_t)offset, bytes, (uint64_t)written);
  pthread_mutex_unlock(&lock);
  return written;
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) { return positioned(fd, bytes, length, offset); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return positioned(fd, bytes, length, offset); }

static int truncated(int fd, off64_t length) {
  pthread_mutex_lock(&lock);
  int result = REAL(ftruncate64)(fd, length);
  if (result == 0 && watched(fd) != 0) record(OP_TRUNCATE, watched(fd), (uint64_t)length, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
int ftruncate64(int fd, off64_t length) { return truncated(fd, length); }
int ftruncate(int fd, off_t length) { return truncated(fd, length); }

static int synced(int fd, int (*real)(int)) {
  uint64_t inode = watched(fd);
  if (inode == 0) return real(fd);
  if (fail_path != NULL && syscall(SYS_faccessat, AT_FDCWD, fail_path, F_OK, 0) == 0) {
    errno = EIO;
    return -1;
  }
  pthread_mutex_lock(&lock);
  /* The record stands for the disk: really waiting for one would only slow the test down. */
  record(OP_SYNC, inode, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return 0;
}
int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

int unlink(const char *path) {
  pthread_mutex_lock(&lock);
  int result = REAL(unlink)(path);
  if (result == 0 && watched_path(path)) record(OP_UNLINK, 0, 0, path, strlen(path));
  pthread_mutex_unlock(&lock);
  return result;
}

int rename(const char *from, const char *to) {
  pthread_mutex_lock(&lock);
  int result = REAL(rename)(from, to);
  if (result == 0 && watched_path(from) && watched_path(to)) {
    char both[8192];
    size_t first = strlen(from), second = strlen(to);
    if (first + second + 1 > sizeof both) abort();
    memcpy(both, from, first + 1);
    memcpy(both + first + 1, to, second);
    record(OP_RENAME, 0, 0, both, first + 1 + second);
  }
  pthread_mutex_unlock(&lock);
  return result;
}
