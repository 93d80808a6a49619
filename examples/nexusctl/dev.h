/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a development server: keys, trust store, and the environment to paste. */
#ifndef DEV_H
#define DEV_H

#include <stdio.h>

#define DEV_PATH_SIZE 4096

struct dev_files {
    char directory[DEV_PATH_SIZE / 2]; /* absolute */
    char store[DEV_PATH_SIZE];
    char key[DEV_PATH_SIZE];
    char trust[DEV_PATH_SIZE];
    char environment[DEV_PATH_SIZE];
    int lock;
};

/* Makes the directory where it is not there, and keeps other runs out of it. Returns the exit
 * status, after a report. */
int dev_open(struct dev_files *files, const char *directory);
void dev_close(struct dev_files *files);

/* Makes the key and the trust store that trusts it everywhere, where they are not there. */
int dev_make_keys(const struct dev_files *files);

/* The variables as a shell reads them, indented by `indent`. */
void dev_put_environment(FILE *out, const struct dev_files *files, const char *url,
                         const char *indent);

/* Writes them to their file. */
int dev_write_environment(const struct dev_files *files, const char *url);

#endif
