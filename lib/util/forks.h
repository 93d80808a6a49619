/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this is still the process that it was. */
#ifndef NX_FORKS_H
#define NX_FORKS_H

/* Counts the forks that led to this process, from 1: a child has another number than its parent
 * had. Asking for the process id instead would cost a system call each time. 0 when forks cannot be
 * watched for want of memory. Any thread. */
unsigned nx_forks(void);

#endif
