/* SPDX-License-Identifier: Apache-2.0 */
/* Files with private keys: read into guarded memory, and never through stdio, whose buffers would
 * keep the key. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer.h"
#include "status.h"

static int fail_file(const char *path, int number, struct nexus_error *err)
{
    return nx_fail(err, number == ENOENT ? NEXUS_E_NOT_FOUND : NEXUS_E_IO, "key_file",
                   "cannot read %s: %s", path, strerror(number));
}

/* Asked of the open file: what is checked is what is read. */
static int check_file(int fd, const char *path, struct nexus_error *err)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return fail_file(path, errno, err);
    if (!S_ISREG(status.st_mode))
        return nx_fail(err, NEXUS_E_IO, "key_file", "%s is not a regular file", path);
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return nx_fail(err, NEXUS_E_KEY, "key_file",
                       "others may read %s (mode %03o); run: chmod 600 %s", path,
                       (unsigned)status.st_mode & 0777, path);
    return NEXUS_OK;
}

static int read_all(int fd, const char *path, char *out, size_t *length, struct nexus_error *err)
{
    ssize_t got;

    *length = 0;
    do {
        got = read(fd, out + *length, NX_KEY_TEXT_MAX - *length);
        if (got > 0)
            *length += (size_t)got;
    } while ((got > 0 && *length < NX_KEY_TEXT_MAX) || (got < 0 && errno == EINTR));
    if (got < 0)
        return fail_file(path, errno, err);
    if (*length == NX_KEY_TEXT_MAX)
        return nx_fail(err, NEXUS_E_KEY, "key_file", "%s is too large to be a key", path);
    return NEXUS_OK;
}

int nx_secret_file_read(const char *path, char **out, size_t *length, struct nexus_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = NULL;
    int code;

    if (fd < 0)
        return fail_file(path, errno, err);
    code = check_file(fd, path, err);
    if (code == NEXUS_OK && !(text = sodium_malloc(NX_KEY_TEXT_MAX)))
        code = nx_no_memory(err);
    if (code == NEXUS_OK)
        code = read_all(fd, path, text, length, err);
    close(fd);
    if (code == NEXUS_OK)
        *out = text;
    else
        sodium_free(text);
    return code;
}

static bool write_all(int fd, const char *text, size_t length)
{
    while (length) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        text += written;
        length -= (size_t)written;
    }
    return fsync(fd) == 0;
}

int nx_secret_file_write(const char *path, const char *text, size_t length, struct nexus_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int number;
    bool written;

    if (fd < 0)
        return nx_fail(err, errno == EEXIST ? NEXUS_E_CONFLICT : NEXUS_E_IO, "path",
                       "cannot create %s: %s", path, strerror(errno));
    written = write_all(fd, text, length);
    number = errno;
    if (close(fd) != 0 && written) {
        written = false;
        number = errno;
    }
    if (written)
        return NEXUS_OK;
    unlink(path);
    return nx_fail(err, NEXUS_E_IO, "path", "cannot write %s: %s", path, strerror(number));
}
