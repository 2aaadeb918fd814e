/* third_party/musl/lean: what the resolver's callers and its files go through. Of musl's own part
 * there is none on the host: the test says what it finds. */
#include "base/str.h"

#include "scratch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* As in musl's src/network/lookup.h. */
struct address {
    int family;
    unsigned scopeid;
    uint8_t bytes[16];
    int sortkey;
};

int lean_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                     struct addrinfo **result);
void lean_freeaddrinfo(struct addrinfo *list);
int __lookup_ipliteral(struct address *found, const char *text, int family);
int __lookup_name(struct address found[], char name[], const char *host, int family, int flags);
FILE *__fopen_rb_ca(const char *path, FILE *file, unsigned char *bytes, size_t size);
int __fclose_ca(FILE *file);
char *lean_fgets(char *line, int size, FILE *file);
int lean_getc(FILE *file);

/* Room for a FILE of either library. */
struct room {
    uint64_t words[64];
};

/* "two" has an address of each family, another name none. */
int __lookup_name(struct address found[], char name[], const char *host, int family, int flags)
{
    assert_int_equal(family, AF_UNSPEC);
    assert_int_equal(flags, 0);
    name[0] = '\0';
    return strcmp(host, "two") != 0 ? EAI_NONAME
                                    : __lookup_ipliteral(&found[0], "fd00::7%9", AF_UNSPEC) +
                                          __lookup_ipliteral(&found[1], "192.0.2.1", AF_UNSPEC);
}

static void addresses_come_in_the_order_in_which_they_are_found(void **state)
{
    (void)state;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    char text[INET6_ADDRSTRLEN];
    assert_int_equal(lean_getaddrinfo("two", NULL, &hints, &list), 0);
    const struct sockaddr_in6 *first = (const void *)list->ai_addr;
    assert_int_equal(list->ai_family, AF_INET6);
    assert_int_equal(list->ai_addrlen, sizeof *first);
    assert_int_equal(first->sin6_family, AF_INET6);
    assert_int_equal(first->sin6_scope_id, 9);
    assert_string_equal(inet_ntop(AF_INET6, &first->sin6_addr, text, sizeof text), "fd00::7");
    const struct addrinfo *next = list->ai_next;
    const struct sockaddr_in *second = (const void *)next->ai_addr;
    assert_int_equal(next->ai_family, AF_INET);
    assert_int_equal(next->ai_addrlen, sizeof *second);
    assert_int_equal(second->sin_family, AF_INET);
    assert_string_equal(inet_ntop(AF_INET, &second->sin_addr, text, sizeof text), "192.0.2.1");
    assert_null(next->ai_next);
    lean_freeaddrinfo(list);
    assert_int_equal(lean_getaddrinfo("none", NULL, &hints, &list), EAI_NONAME);
}

static void literal_addresses_may_name_an_interface(void **state)
{
    (void)state;
    struct address found;
    assert_int_equal(__lookup_ipliteral(&found, "fe80::1%lo", AF_INET6), 1);
    assert_int_equal(found.scopeid, if_nametoindex("lo"));
    assert_int_equal(__lookup_ipliteral(&found, "fe80::1", AF_UNSPEC), 1);
    assert_int_equal(found.scopeid, 0);
    assert_int_equal(__lookup_ipliteral(&found, "fe80::1", AF_INET), EAI_NODATA);
    assert_int_equal(__lookup_ipliteral(&found, "192.0.2.1", AF_INET6), EAI_NODATA);
    static const char *const wrong[] = {
        "",      "%lo",       "a name",
        "1.2.3", "fe80::1::", "1111111111111111111111111111111111111111111111111111"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(__lookup_ipliteral(&found, wrong[i], AF_UNSPEC), 0);
}

/* Through a small buffer, beside the host's own. */
static void files_are_read_as_stdio_reads_them(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    unsigned char bytes[7];
    struct room room;
    FILE *ours = (FILE *)&room;
    char our_line[8];
    char their_line[8];
    scratch_write(scratch_path(state, "file", path), STR("short\n\nlonger than a line\nno end"),
                  0600);
    FILE *theirs = fopen(path, "r");
    assert_non_null(theirs);
    assert_ptr_equal(__fopen_rb_ca(path, ours, bytes, sizeof bytes), ours);
    while (fgets(their_line, sizeof their_line, theirs) != NULL) {
        assert_non_null(lean_fgets(our_line, sizeof our_line, ours));
        assert_string_equal(our_line, their_line);
    }
    assert_null(lean_fgets(our_line, sizeof our_line, ours));
    assert_int_equal(lean_getc(ours), EOF);
    assert_int_equal(__fclose_ca(ours), 0);
    fclose(theirs);
}

static void the_end_is_known_only_once_it_was_met(void **state)
{
    enum { F_EOF = 16 }; /* of musl's src/internal/stdio_impl.h */
    char path[SCRATCH_PATH_SIZE];
    unsigned char bytes[64];
    struct room room;
    FILE *file = (FILE *)&room;
    unsigned flags = 0;
    char line[8];
    scratch_write(scratch_path(state, "file", path), STR("a\nb"), 0600);
    assert_non_null(__fopen_rb_ca(path, file, bytes, sizeof bytes));
    assert_non_null(lean_fgets(line, sizeof line, file));
    memcpy(&flags, &room, sizeof flags);
    assert_int_equal(flags, 0);
    assert_non_null(lean_fgets(line, sizeof line, file));
    memcpy(&flags, &room, sizeof flags);
    assert_int_equal(flags, F_EOF);
    __fclose_ca(file);
}

static void a_missing_file_is_told_by_errno(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    unsigned char bytes[8];
    struct room room;
    FILE *file = (FILE *)&room;
    assert_null(__fopen_rb_ca(scratch_path(state, "none", path), file, bytes, sizeof bytes));
    assert_int_equal(errno, ENOENT);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_come_in_the_order_in_which_they_are_found),
        cmocka_unit_test(literal_addresses_may_name_an_interface),
        ON_DISK(files_are_read_as_stdio_reads_them),
        ON_DISK(the_end_is_known_only_once_it_was_met),
        ON_DISK(a_missing_file_is_told_by_errno),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
