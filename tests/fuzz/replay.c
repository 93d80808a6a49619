/* SPDX-License-Identifier: Apache-2.0 */
/* replay FOLDER: runs a fuzz target over every file of a corpus, and over pieces and mutations of
 * it that are the same each time. */
#include <dirent.h>
#include <stdio.h>

#include "fuzz.h"

#define FILE_MAX  65536
#define MUTATIONS 300

static uint32_t state;

static uint32_t next_random(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

/* An exact copy in memory of its own: overruns show. */
static void run_one(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    FUZZ_ASSERT(copy);
    memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void mutate(uint8_t *data, size_t size)
{
    for (unsigned changes = 1 + next_random() % 4; size && changes; changes--)
        data[next_random() % size] = (uint8_t)next_random();
}

static void run_file(FILE *file)
{
    static uint8_t data[FILE_MAX], changed[FILE_MAX];
    size_t size = fread(data, 1, sizeof data, file);

    state = (uint32_t)size;
    run_one(data, size);
    for (size_t cut = 0; cut < size; cut += 1 + size / 64)
        run_one(data, cut);
    for (int i = 0; i < MUTATIONS; i++) {
        memcpy(changed, data, size);
        mutate(changed, size);
        run_one(changed, size);
    }
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    int files = 0;

    if (!folder)
        return 2;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[4096];
        FILE *file;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        file = fopen(path, "rb");
        FUZZ_ASSERT(file);
        run_file(file);
        fclose(file);
        files++;
    }
    closedir(folder);
    printf("%d files\n", files);
    return files ? 0 : 1;
}
