/* SPDX-License-Identifier: Apache-2.0 */
#include "lanes.h"

#include <string.h>

#include "subscription_state.h"

void nx_lanes_init(struct nx_lanes *lanes)
{
    memset(lanes, 0, sizeof(*lanes));
    lanes->ready_last = &lanes->ready_first;
    lanes->next = INT64_MAX;
}

struct nx_lane *nx_lane_of(struct nx_lanes *lanes, const struct nx_received *received)
{
    return &lanes->all[received->key % NX_LANES];
}

static void make_ready(struct nx_lanes *lanes, struct nx_lane *lane)
{
    lane->state = NX_LANE_READY;
    lane->next = NULL;
    *lanes->ready_last = lane;
    lanes->ready_last = &lane->next;
}

void nx_lanes_put(struct nx_lanes *lanes, struct nx_received *received)
{
    struct nx_lane *lane = nx_lane_of(lanes, received);

    received->lane_next = NULL;
    if (lane->first)
        lane->last->lane_next = received;
    else
        lane->first = received;
    lane->last = received;
    if (lane->state == NX_LANE_IDLE)
        make_ready(lanes, lane);
}

struct nx_received *nx_lanes_take(struct nx_lanes *lanes)
{
    struct nx_lane *lane = lanes->ready_first;
    struct nx_received *received;

    if (!lane)
        return NULL;
    lanes->ready_first = lane->next;
    if (!lane->next)
        lanes->ready_last = &lanes->ready_first;
    received = lane->first;
    lane->first = received->lane_next;
    lane->state = NX_LANE_BUSY;
    return received;
}

void nx_lane_free(struct nx_lanes *lanes, struct nx_lane *lane)
{
    if (lane->first)
        make_ready(lanes, lane);
    else
        lane->state = NX_LANE_IDLE;
}

void nx_lane_again(struct nx_lanes *lanes, struct nx_received *received, int64_t until)
{
    struct nx_lane *lane = nx_lane_of(lanes, received);

    received->lane_next = lane->first;
    if (!lane->first)
        lane->last = received;
    lane->first = received;
    lane->state = NX_LANE_PAUSED;
    lane->until = until;
    lane->next = lanes->paused;
    lanes->paused = lane;
    if (until < lanes->next)
        lanes->next = until;
}

unsigned nx_lanes_wake(struct nx_lanes *lanes, int64_t now)
{
    struct nx_lane **at = &lanes->paused;
    unsigned woken = 0;

    if (now < lanes->next)
        return 0;
    lanes->next = INT64_MAX;
    while (*at) {
        struct nx_lane *lane = *at;
        if (lane->until > now) {
            if (lane->until < lanes->next)
                lanes->next = lane->until;
            at = &lane->next;
            continue;
        }
        *at = lane->next;
        make_ready(lanes, lane);
        woken++;
    }
    return woken;
}

void nx_lanes_clear(struct nx_lanes *lanes)
{
    for (int i = 0; i < NX_LANES; i++) {
        struct nx_lane *lane = &lanes->all[i];
        lane->first = NULL;
        if (lane->state != NX_LANE_BUSY)
            lane->state = NX_LANE_IDLE;
    }
    lanes->ready_first = NULL;
    lanes->ready_last = &lanes->ready_first;
    lanes->paused = NULL;
    lanes->next = INT64_MAX;
}
