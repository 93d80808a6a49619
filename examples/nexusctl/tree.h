/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREE_H
#define TREE_H

/* Removes a directory with all that is in it, following no links. */
void tree_remove(const char *path);

#endif
