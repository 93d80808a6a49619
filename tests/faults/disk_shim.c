/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded: writes down, in order, what a process does to files whose path begins with FAULT_DISK:
 * each write with its bytes, each change of length, each sync. From that, what a disk would hold
 * after a power cut at any moment can be made: all that was synced, and anything of the rest. */
/* Both the plain functions and those for large files are defined here. */
#undef _TIME_BITS
#undef _FILE_OFFSET_BITS
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES_MAX 1024

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *paths[FILES_MAX]; /* by descriptor */
static const char *prefix;
static int log_fd = -1;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULT_DISK_LOG");

    prefix = getenv("FAULT_DISK");
    if (path && prefix)
        log_fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                              0600);
}

static bool ours(int fd)
{
    return log_fd >= 0 && fd >= 0 && fd < FILES_MAX && paths[fd];
}

static void put(const void *data, size_t length)
{
    if (syscall(SYS_write, log_fd, data, length) != (long)length)
        abort();
}

/* `K path offset length`, and the bytes. */
static void note(char kind, const char *path, long long offset, long long length, const void *data)
{
    char line[1024];
    int size = snprintf(line, sizeof(line), "%c %s %lld %lld\n", kind, path, offset, length);

    pthread_mutex_lock(&lock);
    put(line, (size_t)size);
    if (data)
        put(data, (size_t)length);
    pthread_mutex_unlock(&lock);
}

static int opened(int fd, const char *path)
{
    if (fd < 0 || fd >= FILES_MAX || log_fd < 0)
        return fd;
    free(paths[fd]);
    paths[fd] = strncmp(path, prefix, strlen(prefix)) == 0 ? strdup(path) : NULL;
    return fd;
}

static int open_any(const char *path, int flags, mode_t mode)
{
    return opened((int)syscall(SYS_openat, AT_FDCWD, path, flags, mode), path);
}

int open(const char *path, int flags, ...)
{
    va_list more;
    mode_t mode;

    va_start(more, flags);
    mode = va_arg(more, mode_t);
    va_end(more);
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    mode_t mode;

    va_start(more, flags);
    mode = va_arg(more, mode_t);
    va_end(more);
    return open_any(path, flags | O_LARGEFILE, mode);
}

int close(int fd)
{
    if (ours(fd)) {
        free(paths[fd]);
        paths[fd] = NULL;
    }
    return (int)syscall(SYS_close, fd);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
    ssize_t done = syscall(SYS_pwrite64, fd, data, length, offset);

    if (ours(fd) && done > 0)
        note('W', paths[fd], offset, done, data);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset)
{
    return pwrite64(fd, data, length, offset);
}

/* Journals are only ever appended to: -1. */
ssize_t write(int fd, const void *data, size_t length)
{
    long long offset = ours(fd) ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = syscall(SYS_write, fd, data, length);

    if (ours(fd) && done > 0)
        note('W', paths[fd], fcntl(fd, F_GETFL) & O_APPEND ? -1 : offset, done, data);
    return done;
}

int ftruncate64(int fd, off64_t length)
{
    int failed = (int)syscall(SYS_ftruncate, fd, length);

    if (ours(fd) && !failed)
        note('T', paths[fd], length, 0, NULL);
    return failed;
}

int ftruncate(int fd, off_t length)
{
    return ftruncate64(fd, length);
}

int fdatasync(int fd)
{
    int failed = (int)syscall(SYS_fdatasync, fd);

    if (ours(fd) && !failed)
        note('S', paths[fd], 0, 0, NULL);
    return failed;
}

int fsync(int fd)
{
    int failed = (int)syscall(SYS_fsync, fd);

    if (ours(fd) && !failed)
        note('S', paths[fd], 0, 0, NULL);
    return failed;
}

int unlink(const char *path)
{
    int failed = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);

    if (!failed && log_fd >= 0 && strncmp(path, prefix, strlen(prefix)) == 0)
        note('U', path, 0, 0, NULL);
    return failed;
}
