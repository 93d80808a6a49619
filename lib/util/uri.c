/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3986, section 3: scheme ":" hier-part [ "?" query ] [ "#" fragment ]. */
#include <string.h>

#include "text.h"

struct span {
    const char *at;
    const char *end;
};

static bool is_alpha(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hex(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static bool is_one_of(char byte, const char *set)
{
    return byte != 0 && strchr(set, byte) != NULL;
}

static bool is_unreserved(char byte)
{
    return is_alpha(byte) || is_digit(byte) || is_one_of(byte, "-._~");
}

static bool is_sub_delimiter(char byte)
{
    return is_one_of(byte, "!$&'()*+,;=");
}

/* Unreserved characters, sub-delimiters, percent escapes, and what is in `more`. */
static bool is_made_of(struct span part, const char *more)
{
    for (; part.at < part.end; part.at++) {
        char byte = *part.at;
        if (byte == '%') {
            if (part.end - part.at < 3 || !is_hex(part.at[1]) || !is_hex(part.at[2]))
                return false;
            part.at += 2;
        } else if (!is_unreserved(byte) && !is_sub_delimiter(byte) && !is_one_of(byte, more)) {
            return false;
        }
    }
    return true;
}

static const char *find(struct span part, char byte)
{
    const char *at = part.at < part.end ? memchr(part.at, byte, (size_t)(part.end - part.at)) : 0;

    return at ? at : part.end;
}

/* Cuts off what follows the first `byte`, and checks it. */
static bool cut_tail(struct span *part, char byte, const char *more)
{
    const char *at = find(*part, byte);
    struct span tail = {at + 1, part->end};

    if (at == part->end)
        return true;
    part->end = at;
    return is_made_of(tail, more);
}

static bool is_scheme(struct span part)
{
    if (part.at == part.end || !is_alpha(*part.at))
        return false;
    for (; part.at < part.end; part.at++)
        if (!is_alpha(*part.at) && !is_digit(*part.at) && !is_one_of(*part.at, "+-."))
            return false;
    return true;
}

static bool is_ipv4(struct span part)
{
    int octets = 0;

    while (octets < 4) {
        struct span octet = {part.at, find(part, '.')};
        size_t length = (size_t)(octet.end - octet.at);
        int value = 0;

        if (length < 1 || length > 3 || (length > 1 && *octet.at == '0'))
            return false;
        for (; octet.at < octet.end; octet.at++) {
            if (!is_digit(*octet.at))
                return false;
            value = value * 10 + (*octet.at - '0');
        }
        if (value > 255)
            return false;
        octets++;
        if (octet.end == part.end)
            return octets == 4;
        part.at = octet.end + 1;
    }
    return false;
}

static bool is_hex_group(struct span part)
{
    if (part.end - part.at < 1 || part.end - part.at > 4)
        return false;
    for (; part.at < part.end; part.at++)
        if (!is_hex(*part.at))
            return false;
    return true;
}

/* Groups between colons, the last of them perhaps an IPv4 address. How many, or -1. */
static int count_groups(struct span part, bool last)
{
    int groups = 0;

    if (part.at == part.end)
        return 0;
    for (;;) {
        struct span group = {part.at, find(part, ':')};
        if (last && group.end == part.end && find(group, '.') < group.end)
            return is_ipv4(group) ? groups + 2 : -1;
        if (!is_hex_group(group))
            return -1;
        groups++;
        if (group.end == part.end)
            return groups;
        part.at = group.end + 1;
    }
}

static bool is_ipv6(struct span part)
{
    struct span head = part;
    int left;
    int right;

    for (head.end = part.at; head.end < part.end; head.end++)
        if (part.end - head.end >= 2 && head.end[0] == ':' && head.end[1] == ':')
            break;
    if (head.end == part.end)
        return count_groups(part, true) == 8;
    part.at = head.end + 2;
    left = count_groups(head, false);
    right = count_groups(part, true);
    /* "::" stands for at least one group of zeros. */
    return left >= 0 && right >= 0 && left + right <= 7;
}

/* "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
static bool is_ip_future(struct span part)
{
    struct span version = {part.at + 1, find(part, '.')};

    if (part.at == part.end || (*part.at | 0x20) != 'v' || version.at >= version.end)
        return false;
    if (part.end - version.end < 2)
        return false;
    for (; version.at < version.end; version.at++)
        if (!is_hex(*version.at))
            return false;
    part.at = version.end + 1;
    return find(part, '%') == part.end && is_made_of(part, ":");
}

/* [ userinfo "@" ] host [ ":" port ] */
static bool is_authority(struct span part)
{
    struct span user = {part.at, find(part, '@')};
    struct span host = part;

    if (user.end < part.end) {
        if (!is_made_of(user, ":"))
            return false;
        part.at = user.end + 1;
    }
    host.at = part.at;
    if (part.at < part.end && *part.at == '[') {
        struct span literal = {part.at + 1, find(part, ']')};
        if (literal.end == part.end || (!is_ipv6(literal) && !is_ip_future(literal)))
            return false;
        host.end = literal.end + 1;
        if (host.end < part.end && *host.end != ':')
            return false;
    } else {
        host.end = find(part, ':');
        if (!is_made_of(host, ""))
            return false;
    }
    for (part.at = host.end + 1; part.at < part.end; part.at++)
        if (!is_digit(*part.at))
            return false;
    return true;
}

bool nx_uri_check(const char *text, size_t length)
{
    struct span rest = {text, text + length};
    struct span scheme = {text, find(rest, ':')};
    struct span authority;

    if (scheme.end == rest.end || !is_scheme(scheme))
        return false;
    rest.at = scheme.end + 1;
    if (!cut_tail(&rest, '#', ":@/?") || !cut_tail(&rest, '?', ":@/?"))
        return false;
    if (rest.end - rest.at < 2 || rest.at[0] != '/' || rest.at[1] != '/')
        return is_made_of(rest, ":@/");
    authority.at = rest.at + 2;
    authority.end = rest.end;
    authority.end = find(authority, '/');
    rest.at = authority.end;
    return is_authority(authority) && is_made_of(rest, ":@/");
}
