/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"
#include "unit.h"

static const char *const sound[] = {
    /* RFC 3986, 1.1.2 */
    "ftp://ftp.is.co.za/rfc/rfc1808.txt",
    "http://www.ietf.org/rfc/rfc2396.txt",
    "ldap://[2001:db8::7]/c=GB?objectClass?one",
    "mailto:John.Doe@example.com",
    "news:comp.infosystems.www.servers.unix",
    "tel:+1-816-555-1212",
    "telnet://192.0.2.16:80/",
    "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
    /* Parts that may be empty. */
    "a:",
    "http:",
    "file:///etc/hosts",
    "http://",
    "http://host",
    "http://host?",
    "http://host#",
    "http://host:",
    "http://host:/",
    "http://@host",
    "http://:@host:1/",
    "a:/",
    "a:/b",
    "a:b//c",
    /* Characters in their places. */
    "a+b-c.9:x",
    "https://u:p;x@host.example:65536/a;b=c/d,e/f@g:h?i=j&k=/?l#m/?n",
    "http://host/%D0%90%d0%bd?%20#%7e",
    "http://h%41st/",
    "http://a_b~c!$&'()*+,;=/",
    "s://1.2.3.4.5/",
    "s://999.1.1.1/",
    /* IP literals. */
    "http://[::]/",
    "http://[::1]:8080/",
    "http://[1::]",
    "http://[1:2:3:4:5:6:7:8]/",
    "http://[1:2:3:4:5:6:7::]/",
    "http://[::2:3:4:5:6:7:8]/",
    "http://[1:2:3:4:5:6:1.2.3.4]/",
    "http://[::ffff:192.0.2.128]/",
    "http://[::0.0.0.0]",
    "http://[fe80::AbCd]",
    "http://[v1.x]",
    "http://[vAF.a:b!]:1",
    "http://u@[::1]",
};

static const char *const unsound[] = {
    "",
    ":",
    "://host",
    "host",
    "/path",
    "//host/path",
    "?query",
    "#fragment",
    "1http://host",
    "+a:b",
    "-a:b",
    "a b:c",
    "a_b:c",
    "h\xc3\xa9:x",
    "http://ho st/",
    "http://host/a b",
    " http://host/",
    "http://host/ ",
    "http://host/\n",
    "http://host/\x7f",
    "http://host/\"",
    "http://host/<a>",
    "http://host/\\",
    "http://host/^",
    "http://host/`",
    "http://host/{a}",
    "http://host/a|b",
    "http://host/\xd0\x90",
    "http://host/?\xd0\x90",
    "http://host/[",
    "http://host/?[]",
    "http://host/%",
    "http://host/%4",
    "http://host/%4g",
    "http://host/%%41",
    "http://host/?%zz",
    "http://host/#%",
    "http://ho%/",
    "http://host/#a#b",
    "http://a@b@c/",
    "http://host:port/",
    "http://host:8a/",
    "http://host:-1/",
    "http://a:b:c/",
    "http://a[b]/",
    "http://[::1/",
    "http://::1]/",
    "http://[::1]x/",
    "http://[::1]8080/",
    "http://[::1]:x/",
    "http://[]/",
    "http://[:]/",
    "http://[:::]/",
    "http://[1]/",
    "http://[1:2:3:4:5:6:7]/",
    "http://[1:2:3:4:5:6:7:8:9]/",
    "http://[1:2:3:4:5:6:7::8]/",
    "http://[1::2::3]/",
    "http://[:1:2:3:4:5:6:7]/",
    "http://[1:2:3:4:5:6:7:]/",
    "http://[12345::]/",
    "http://[g::]/",
    "http://[::1.2.3]/",
    "http://[::1.2.3.256]/",
    "http://[::1.2.3.4.5]/",
    "http://[::01.2.3.4]/",
    "http://[1.2.3.4::]/",
    "http://[1:2:3:4:5:6:7:1.2.3.4]/",
    "http://[fe80::1%25eth0]/",
    "http://[v]/",
    "http://[v1]/",
    "http://[v1.]/",
    "http://[v.x]/",
    "http://[vg.x]/",
    "http://[v1.%41]/",
    "http://[v1.x y]/",
    "http://u[@host/",
};

/* Each text stands at the end of its own allocation, so that a sanitizer sees a byte too many. */
static bool check(const char *text, size_t length)
{
    char *copy = malloc(length + (length == 0));
    bool result;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, length);
    result = nx_uri_check(copy, length);
    free(copy);
    return result;
}

START_TEST(takes_sound_uris)
{
    for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++)
        ck_assert_msg(check(sound[i], strlen(sound[i])), "refused: %s", sound[i]);
}
END_TEST

START_TEST(refuses_unsound_ones)
{
    for (size_t i = 0; i < sizeof(unsound) / sizeof(unsound[0]); i++)
        ck_assert_msg(!check(unsound[i], strlen(unsound[i])), "accepted: %s", unsound[i]);
    ck_assert(!check("http://host/\0", 13));
}
END_TEST

/* Which bytes may stand in a path, a query, a fragment, user information and a host. */
START_TEST(knows_every_byte_in_every_part)
{
    static const struct {
        const char *before;
        const char *more; /* beside letters, digits, "-._~" and "!$&'()*+,;=" */
    } parts[] = {{"s:/a", ":@/?#"}, {"s:?a", ":@/?#"}, {"s:#a", ":@/?"}, {"s://a", ":@/?#"}};
    static const char common[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                 "-._~!$&'()*+,;=";

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        for (int byte = 1; byte < 256; byte++) {
            char text[16];
            bool allowed = strchr(common, byte) || strchr(parts[i].more, byte);
            size_t length = strlen(parts[i].before);
            memcpy(text, parts[i].before, length);
            text[length] = (char)byte;
            ck_assert_msg(check(text, length + 1) == allowed, "%s and byte %d", parts[i].before,
                          byte);
        }
}
END_TEST

UNIT_MAIN("uri", takes_sound_uris, refuses_unsound_ones, knows_every_byte_in_every_part)
