/* Resolving names to addresses, one family at a time. */
#include "net/resolve.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { HANGS = 1, DIES = 2 };

/* A fake resolver: what it answers to each question, and for which family. */
struct script {
    int code; /* of getaddrinfo, or one of the above */
    const char *const *answers;
    size_t count;
};

static struct {
    struct script v4, v6;
    const char *asked; /* the only name that is answered */
    struct addrinfo list[64];
    struct sockaddr_in6 addresses[64];
} resolver;

/* The fake routes of this machine. */
static struct {
    bool v4;
    const char *v6_source; /* NULL: no IPv6 */
} routes;

/* The linker uses these instead of the C library's functions. */
int answer(const char *host, const char *service, const struct addrinfo *hints,
           struct addrinfo **found) __asm__("getaddrinfo");
int fake_connect(int descriptor, const struct sockaddr *address, socklen_t size) __asm__("connect");
int fake_source(int descriptor, struct sockaddr *address, socklen_t *size) __asm__("getsockname");

int answer(const char *host, const char *service, const struct addrinfo *hints,
           struct addrinfo **found)
{
    bool v6 = hints->ai_family == AF_INET6;
    const struct script *script = v6 ? &resolver.v6 : &resolver.v4;
    if (service != NULL || hints->ai_socktype != SOCK_STREAM ||
        (!v6 && hints->ai_family != AF_INET) || strcmp(host, resolver.asked) != 0)
        return EAI_SYSTEM;
    while (script->code == HANGS)
        pause();
    if (script->code == DIES)
        _exit(0);
    for (size_t i = 0; i < script->count; i++) {
        struct sockaddr_in6 *address = &resolver.addresses[i];
        struct sockaddr_in *v4 = (struct sockaddr_in *)address;
        if (inet_pton(hints->ai_family, script->answers[i],
                      v6 ? (void *)&address->sin6_addr : (void *)&v4->sin_addr) != 1)
            return EAI_SYSTEM;
        address->sin6_family = (sa_family_t)hints->ai_family;
        resolver.list[i] = (struct addrinfo){
            .ai_family = hints->ai_family,
            .ai_addr = (struct sockaddr *)address,
            .ai_addrlen = v6 ? sizeof *address : sizeof *v4,
            .ai_next = i + 1 < script->count ? &resolver.list[i + 1] : NULL,
        };
    }
    *found = script->count > 0 ? resolver.list : NULL;
    return script->code;
}

int fake_connect(int descriptor, const struct sockaddr *address, socklen_t size)
{
    (void)descriptor;
    (void)size;
    return (address->sa_family == AF_INET6 ? routes.v6_source != NULL : routes.v4) ? 0 : -1;
}

int fake_source(int descriptor, struct sockaddr *address, socklen_t *size)
{
    (void)descriptor;
    *size = sizeof(struct sockaddr_in6);
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    return routes.v6_source == NULL || inet_pton(AF_INET6, routes.v6_source, &v6->sin6_addr) == 1
               ? 0
               : -1;
}

static const char *const v6_answers[] = {"2001:db8::1", "2001:db8::2", "2001:db8::3"};
static const char *const v4_answers[] = {"10.0.0.1", "10.0.0.2"};
static const struct script all_v4 = {.answers = v4_answers, .count = 2};
static const struct script all_v6 = {.answers = v6_answers, .count = 3};
static const struct script hanging = {.code = HANGS};

static void resolver_says(struct script v4, struct script v6)
{
    memset(&resolver, 0, sizeof resolver);
    resolver.v4 = v4;
    resolver.v6 = v6;
    resolver.asked = "server.test";
}

static int online(void **state)
{
    (void)state;
    routes.v4 = true;
    routes.v6_source = "2001:db8::ff";
    return 0;
}

static struct addresses found(void)
{
    struct addresses addresses;
    struct error error = {0};
    if (!resolve("server.test", NAME_OF_SITE, &addresses, &error))
        fail_msg("%s", error.message);
    return addresses;
}

static void expect_address(const struct addresses *addresses, size_t i, const char *expected)
{
    char text[INET6_ADDRSTRLEN];
    int family = addresses->list[i].address.generic.sa_family;
    assert_int_equal(addresses->list[i].size,
                     family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
    assert_non_null(inet_ntop(family,
                              family == AF_INET6
                                  ? (const void *)&addresses->list[i].address.v6.sin6_addr
                                  : (const void *)&addresses->list[i].address.v4.sin_addr,
                              text, sizeof text));
    assert_string_equal(text, expected);
}

static void alternates_families_in_the_resolvers_order(void **state)
{
    (void)state;
    resolver_says(all_v4, all_v6);
    struct addresses addresses = found();
    assert_string_equal(addresses.host, "server.test");
    assert_int_equal(addresses.count, 5);
    expect_address(&addresses, 0, "2001:db8::1");
    expect_address(&addresses, 1, "10.0.0.1");
    expect_address(&addresses, 2, "2001:db8::2");
    expect_address(&addresses, 3, "10.0.0.2");
    expect_address(&addresses, 4, "2001:db8::3");
}

static void begins_with_ipv4_where_ipv6_is_only_local(void **state)
{
    (void)state;
    static const char *const sources[] = {NULL, "fd00::ff", "fe80::ff", "::1"};
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        routes.v6_source = sources[i];
        resolver_says(all_v4, all_v6);
        struct addresses addresses = found();
        expect_address(&addresses, 0, "10.0.0.1");
        expect_address(&addresses, 1, "2001:db8::1");
        assert_null(addresses.advice);
    }
}

static void keeps_as_many_addresses_as_there_is_room_for(void **state)
{
    (void)state;
    const char *many_v4[LIMIT_ADDRESSES_PER_HOST + 4];
    const char *many_v6[LIMIT_ADDRESSES_PER_HOST + 4];
    const size_t count = sizeof many_v4 / sizeof many_v4[0];
    for (size_t i = 0; i < count; i++) {
        many_v4[i] = "10.0.0.1";
        many_v6[i] = "2001:db8::1";
    }
    resolver_says((struct script){.answers = many_v4, .count = count},
                  (struct script){.answers = many_v6, .count = count});
    struct addresses addresses = found();
    assert_int_equal(addresses.count, LIMIT_ADDRESSES_PER_HOST);
    expect_address(&addresses, LIMIT_ADDRESSES_PER_HOST - 2, "2001:db8::1");
    expect_address(&addresses, LIMIT_ADDRESSES_PER_HOST - 1, "10.0.0.1");
    resolver_says((struct script){.answers = many_v4, .count = count},
                  (struct script){.code = EAI_NODATA});
    assert_int_equal(found().count, LIMIT_ADDRESSES_PER_HOST);
}

static void asks_nobody_about_an_address(void **state)
{
    (void)state;
    struct addresses addresses;
    struct error error = {0};
    resolver_says((struct script){.code = EAI_FAIL}, (struct script){.code = EAI_FAIL});
    assert_true(resolve("192.0.2.1", NAME_OF_SITE, &addresses, &error));
    expect_address(&addresses, 0, "192.0.2.1");
    assert_true(resolve("2001:db8::1", NAME_OF_AWS, &addresses, &error));
    expect_address(&addresses, 0, "2001:db8::1");
    assert_int_equal(addresses.count, 1);
}

static void asks_for_awss_names_with_a_final_dot(void **state)
{
    (void)state;
    struct addresses addresses;
    struct error error = {0};
    resolver_says(all_v4, all_v6);
    resolver.asked = "server.test.";
    assert_true(resolve("server.test", NAME_OF_AWS, &addresses, &error));
    assert_string_equal(addresses.host, "server.test");
    resolver.asked = "localhost"; /* every /etc/hosts lists it */
    assert_true(resolve("localhost", NAME_OF_AWS, &addresses, &error));
}

static void uses_the_half_that_answers(void **state)
{
    (void)state;
    static const int codes[] = {EAI_NONAME, EAI_NODATA, EAI_AGAIN, EAI_FAIL, DIES, HANGS};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        const struct script failing = {.code = codes[i]};
        int64_t start = clock_monotonic_ms();
        resolver_says(failing, all_v6);
        assert_int_equal(found().count, 3);
        resolver_says(all_v4, failing);
        struct addresses addresses = found();
        assert_int_equal(addresses.count, 2);
        assert_null(addresses.advice);
        int64_t took = clock_monotonic_ms() - start;
        assert_true(codes[i] == HANGS ? took >= 1900 && took < LIMIT_RESOLVE_MS : took < 1000);
    }
}

static void says_which_name_is_not_found(void **state)
{
    (void)state;
    static const struct {
        int v4, v6;
        const char *words;
    } cases[] = {
        {EAI_NONAME, EAI_NONAME, "server.test: the name does not exist"},
        {EAI_NODATA, EAI_NODATA, "server.test: the name has no address"},
        {0, 0, "server.test: the name has no address"},
        {EAI_FAIL, EAI_FAIL, "server.test: the lookup failed"},
        {DIES, DIES, "server.test: the lookup failed"},
        {EAI_AGAIN, EAI_NONAME, "IPv4: no name server answered; IPv6: the name does not exist"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct addresses addresses;
        struct error error = {0};
        resolver_says((struct script){.code = cases[i].v4}, (struct script){.code = cases[i].v6});
        assert_false(resolve("server.test", NAME_OF_SITE, &addresses, &error));
        assert_int_equal(error.kind, ERROR_TRANSIENT);
        if (strstr(error.message, cases[i].words) == NULL)
            fail_msg("%s", error.message);
        assert_int_not_equal(error.advice[0], '\0');
    }
}

/* Both halves hang; and one that has found nothing usable does not shorten the other one's time. */
static void ends_in_time_when_nobody_answers(void **state)
{
    (void)state;
    struct addresses addresses;
    struct error error = {0};
    int64_t start = clock_monotonic_ms();
    resolver_says(hanging, hanging);
    assert_false(resolve("server.test", NAME_OF_SITE, &addresses, &error));
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_non_null(strstr(error.message, "server.test: no name server answered"));
    assert_true(clock_monotonic_ms() - start < LIMIT_RESOLVE_MS + 1000);
}

static void suggests_dual_stack_where_ipv4_leads_nowhere(void **state)
{
    (void)state;
    routes.v4 = false;
    resolver_says(all_v4, (struct script){.code = EAI_NODATA});
    assert_non_null(strstr(found().advice, "AWS_USE_DUALSTACK_ENDPOINT=true"));
    resolver_says(all_v4, (struct script){.code = EAI_AGAIN}); /* who knows? */
    assert_null(found().advice);
    resolver_says(all_v4, all_v6);
    assert_null(found().advice);
    routes.v6_source = "fd00::ff"; /* and no way out */
    resolver_says(all_v4, (struct script){.code = EAI_NODATA});
    assert_null(found().advice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(alternates_families_in_the_resolvers_order, online),
        cmocka_unit_test_setup(begins_with_ipv4_where_ipv6_is_only_local, online),
        cmocka_unit_test_setup(keeps_as_many_addresses_as_there_is_room_for, online),
        cmocka_unit_test_setup(asks_nobody_about_an_address, online),
        cmocka_unit_test_setup(asks_for_awss_names_with_a_final_dot, online),
        cmocka_unit_test_setup(uses_the_half_that_answers, online),
        cmocka_unit_test_setup(says_which_name_is_not_found, online),
        cmocka_unit_test_setup(ends_in_time_when_nobody_answers, online),
        cmocka_unit_test_setup(suggests_dual_stack_where_ipv4_leads_nowhere, online),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
