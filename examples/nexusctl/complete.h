/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COMPLETE_H
#define COMPLETE_H

/* Prints what may stand in the last one of the words of a command line (without "nexusctl"), one
 * candidate per line with a tab and its description, or ":file" or ":dir". */
void complete_words(int count, char **words);

#endif
