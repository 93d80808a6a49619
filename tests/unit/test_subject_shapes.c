/* SPDX-License-Identifier: Apache-2.0 */
/* A made-up contract whose addresses have more shapes than the index of subjects tells apart, and
 * one that is too deep to be found. */
#include "subject.h"
#include "unit.h"

#define CHANNEL(at)               \
    {                             \
        .name = at, .address = at \
    }
#define FIVE ".x.x.x.x.x"
#define ROW(at)                                                                         \
    CHANNEL(at ".x"), CHANNEL(at ".x.x"), CHANNEL(at ".x.x.x"), CHANNEL(at ".x.x.x.x"), \
        CHANNEL(at FIVE)

const struct nexus_channel nx_channels[] = {
    ROW("nexus"),
    ROW("nexus" FIVE),
    ROW("nexus" FIVE FIVE),
    ROW("nexus" FIVE FIVE FIVE),
    ROW("nexus" FIVE FIVE FIVE FIVE),
    ROW("nexus" FIVE FIVE FIVE FIVE FIVE),
    CHANNEL("nexus" FIVE FIVE FIVE FIVE FIVE FIVE ".x"),
    CHANNEL("nexus" FIVE FIVE FIVE FIVE FIVE FIVE ".x.x"),
};
const size_t nx_channel_count = sizeof(nx_channels) / sizeof(nx_channels[0]);

START_TEST(finds_all_but_what_is_too_deep)
{
    for (size_t i = 0; i + 1 < nx_channel_count; i++)
        ck_assert_ptr_eq(nexus_channel_by_subject(nx_channels[i].address), &nx_channels[i]);
    ck_assert_ptr_null(nexus_channel_by_subject(nx_channels[nx_channel_count - 1].address));
    ck_assert_ptr_null(nexus_channel_by_subject("nexus"));
    ck_assert_ptr_null(nexus_channel_by_subject("nexus.x.y"));
}
END_TEST

UNIT_MAIN("subject shapes", finds_all_but_what_is_too_deep)
