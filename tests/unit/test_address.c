/* IP addresses as text. */
#include "net/address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void reads_and_writes_addresses_in_their_shortest_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *shortest;
        size_t size;
    } cases[] = {
        {"0.0.0.0", "0.0.0.0", 4},
        {"255.255.255.255", "255.255.255.255", 4},
        {"10.1.20.3", "10.1.20.3", 4},
        {"::", "::", 16},
        {"::1", "::1", 16},
        {"1::", "1::", 16},
        {"0:0:0:0:0:0:0:0", "::", 16},
        {"fd00:EC2::254", "fd00:ec2::254", 16},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", 16},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1", 16},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", 16},
        {"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7", 16},
        {"::2:3:4:5:6:7", "::2:3:4:5:6:7", 16},
        {"1:2:3:4:5:6::", "1:2:3:4:5:6::", 16},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[ADDRESS_V6_SIZE];
        char text[ADDRESS_TEXT_SIZE];
        char expected[INET6_ADDRSTRLEN];
        assert_int_equal(address_parse(cases[i].text, bytes), cases[i].size);
        address_format(bytes, cases[i].size, text);
        assert_string_equal(text, cases[i].shortest);
        inet_ntop(cases[i].size == 4 ? AF_INET : AF_INET6, bytes, expected, sizeof expected);
        assert_string_equal(text, expected);
    }
}

static void knows_what_is_no_address(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",    "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.x", "box",
                                        ":::", "1:2",   "fe80::1%1", "g::",       "1.2.3.4 "};
    uint8_t bytes[ADDRESS_V6_SIZE];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(address_parse(wrong[i], bytes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_addresses_in_their_shortest_form),
        cmocka_unit_test(knows_what_is_no_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
