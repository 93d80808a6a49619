/* SPDX-License-Identifier: Apache-2.0 */
/* Order by key: messages of one key share a lane, and a lane has one handler at a time. Keys that
 * meet in a lane wait for each other without need, which with many lanes is rare. No lock of its
 * own. */
#ifndef NX_LANES_H
#define NX_LANES_H

#include <stdbool.h>
#include <stdint.h>

#define NX_LANES 1024

struct nx_received;

enum nx_lane_state {
    NX_LANE_IDLE,  /* nothing is in it */
    NX_LANE_READY, /* among those that wait for a thread */
    NX_LANE_BUSY,  /* its first message has been taken */
    NX_LANE_PAUSED /* until a time, then its first message is tried again */
};

struct nx_lane {
    struct nx_received *first, *last; /* by `lane_next` */
    struct nx_lane *next;             /* among the ready, or the paused ones */
    enum nx_lane_state state;
    int64_t until;
};

struct nx_lanes {
    struct nx_lane all[NX_LANES];
    struct nx_lane *ready_first, **ready_last;
    struct nx_lane *paused;
    int64_t next; /* when the first pause ends; INT64_MAX: none */
};

void nx_lanes_init(struct nx_lanes *lanes);
/* Puts a message into the lane of its `key`. */
void nx_lanes_put(struct nx_lanes *lanes, struct nx_received *received);
/* The next message that may be handled; its lane is busy until nx_lane_free(). NULL: none. */
struct nx_received *nx_lanes_take(struct nx_lanes *lanes);
struct nx_lane *nx_lane_of(struct nx_lanes *lanes, const struct nx_received *received);
void nx_lane_free(struct nx_lanes *lanes, struct nx_lane *lane);
/* Instead: the message goes back to the front of its lane, and all of it waits until then. */
void nx_lane_again(struct nx_lanes *lanes, struct nx_received *received, int64_t until);
/* Ends the pauses that are over; how many. */
unsigned nx_lanes_wake(struct nx_lanes *lanes, int64_t now);
/* Forgets all messages. Busy lanes stay so. */
void nx_lanes_clear(struct nx_lanes *lanes);

#endif
