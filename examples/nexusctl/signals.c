/* SPDX-License-Identifier: Apache-2.0 */
#include "signals.h"

#include <signal.h>
#include <time.h>

static struct nexus_client *volatile watched;
static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
    nexus_client_stop(watched);
}

static void both(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

void signals_ignore_pipe(void)
{
    signal(SIGPIPE, SIG_IGN);
}

void signals_hold(void)
{
    sigset_t set;

    both(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

void signals_release(void)
{
    sigset_t set;

    both(&set);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void signals_watch(struct nexus_client *client)
{
    /* Back to the default after the first: whoever presses Ctrl-C twice means it. */
    struct sigaction action = {.sa_handler = client ? on_signal : SIG_DFL,
                               .sa_flags = client ? (int)SA_RESETHAND : 0};

    watched = client;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool signals_stopped(void)
{
    return stopped != 0;
}

int signals_poll(struct pollfd *descriptors, nfds_t count, int timeout_ms)
{
    struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    sigset_t set, before;
    int ready = 0;

    both(&set);
    sigprocmask(SIG_BLOCK, &set, &before);
    if (!stopped)
        ready = ppoll(descriptors, count, &timeout, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ready;
}
