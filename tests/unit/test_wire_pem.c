/* The PEM texts of a bundle, which the supervisor writes to disk as they are: nothing but armour,
 * base64 and white space. */
#include "worker/wire.h"

#include "base/limits.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BLOCK(label) "-----BEGIN " label "-----\nTUlJQg==\nTUlJ\n-----END " label "-----\n"
#define LEAF STR(BLOCK("CERTIFICATE"))
#define KEY STR(BLOCK("PRIVATE KEY"))

enum text { CERTIFICATE, CHAIN, PRIVATE_KEY, TEXTS };

static bool is_taken(const struct bundle *bundle)
{
    BUF_AUTO struct buf buf = BUF(LIMIT_FRAME + 64);
    struct frame frame;
    size_t used = 0;
    assert_true(wire_write_bundle(&buf, 0, STR("x"), 1, bundle));
    enum wire_status status = wire_read(buf_str(&buf), 1, &frame, &used);
    assert_int_not_equal(status, WIRE_INCOMPLETE);
    return status == WIRE_FRAME;
}

/* A valid bundle, except that one of its texts is `text`. */
static bool is_taken_as(enum text place, struct str text)
{
    struct bundle bundle = {LEAF, LEAF, KEY};
    struct str *const places[] = {&bundle.certificate, &bundle.chain, &bundle.key};
    *places[place] = text;
    return is_taken(&bundle);
}

static struct str right_text(enum text place)
{
    return place == PRIVATE_KEY ? KEY : LEAF;
}

static void assert_refused_everywhere(const char *text)
{
    for (enum text place = 0; place < TEXTS; place++)
        if (is_taken_as(place, str_from(text)))
            fail_msg("taken in place %d: %s", (int)place, text);
}

static void real_certificates_and_keys_are_taken(void **state)
{
    (void)state;
    BUF_AUTO struct buf leaf = data_file("certificates/rsa4096.pem");
    BUF_AUTO struct buf chain = data_file("certificates/chain.pem");
    BUF_AUTO struct buf key = data_file("keys/rsa4096.pem");
    assert_true(is_taken(&(struct bundle){buf_str(&leaf), buf_str(&chain), buf_str(&key)}));
}

static void a_chain_may_be_empty_and_the_others_may_not(void **state)
{
    (void)state;
    static const struct str nothing[] = {{"", 0}, {"\n", 1}, {" \r\n\t\n", 5}};
    for (size_t i = 0; i < 3; i++) {
        assert_true(is_taken_as(CHAIN, nothing[i]));
        assert_false(is_taken_as(CERTIFICATE, nothing[i]));
        assert_false(is_taken_as(PRIVATE_KEY, nothing[i]));
    }
}

static void only_blocks_of_the_right_label_are_taken(void **state)
{
    (void)state;
    assert_refused_everywhere(BLOCK("ENCRYPTED PRIVATE KEY"));
    assert_refused_everywhere(BLOCK("RSA PRIVATE KEY"));
    assert_refused_everywhere(BLOCK("X509 CRL"));
    assert_refused_everywhere(BLOCK("CERTIFICATE") BLOCK("PRIVATE KEY"));
    assert_refused_everywhere(BLOCK("PRIVATE KEY") BLOCK("CERTIFICATE"));
    assert_false(is_taken_as(CERTIFICATE, KEY));
    assert_false(is_taken_as(CHAIN, KEY));
    assert_false(is_taken_as(PRIVATE_KEY, LEAF));
}

static void what_is_no_whole_block_is_refused(void **state)
{
    (void)state;
    assert_refused_everywhere("TUlJQg==");
    assert_refused_everywhere("root:x:0:0:root:/root:/bin/sh\n");
    assert_refused_everywhere("-----BEGIN CERTIFICATE-----\nTUlJ\n");
    assert_refused_everywhere("-----BEGIN CERTIFICATE-----\nTUlJ\n-----END PRIVATE KEY-----\n");
    assert_refused_everywhere("TUlJ\n-----END CERTIFICATE-----\n");
    assert_refused_everywhere("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nTUlJ\n"
                              "-----END CERTIFICATE-----\n");
}

static void every_cut_text_is_refused(void **state)
{
    (void)state;
    for (enum text place = 0; place < TEXTS; place++) {
        struct str text = right_text(place);
        for (size_t length = 1; length < text.length - 1; length++)
            if (is_taken_as(place, str_take(text, length)))
                fail_msg("taken: %.*s", (int)length, text.data);
    }
}

static bool is_white_space(int byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* `byte` put at `at`. */
static struct buf with_byte(struct str text, size_t at, int byte)
{
    struct buf changed = BUF(4096);
    buf_append(&changed, str_take(text, at));
    buf_append_byte(&changed, (char)byte);
    assert_true(buf_append(&changed, str_skip(text, at)));
    return changed;
}

static void no_byte_but_white_space_stands_outside_a_block(void **state)
{
    (void)state;
    const struct str two = STR(BLOCK("CERTIFICATE") BLOCK("CERTIFICATE"));
    const size_t places[] = {0, two.length / 2, two.length};
    for (size_t i = 0; i < 3; i++) {
        for (int byte = 0; byte < 256; byte++) {
            BUF_AUTO struct buf line = with_byte(two, places[i], '\n');
            BUF_AUTO struct buf text = with_byte(buf_str(&line), places[i], byte);
            if (is_taken_as(CHAIN, buf_str(&text)) != is_white_space(byte))
                fail_msg("byte 0x%02x before byte %zu", (unsigned)byte, places[i]);
        }
    }
}

static void no_byte_but_base64_and_line_ends_stands_inside_a_block(void **state)
{
    (void)state;
    static const char base64[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    struct str text = LEAF;
    size_t body = str_index_of(text, '\n') + 2;
    for (int byte = 0; byte < 256; byte++) {
        bool known = (byte != 0 && strchr(base64, byte) != NULL) ||
                     (byte != 0 && strchr(" \r\n", byte) != NULL);
        BUF_AUTO struct buf changed = with_byte(text, body, byte);
        if (is_taken_as(CERTIFICATE, buf_str(&changed)) != known)
            fail_msg("byte 0x%02x", (unsigned)byte);
    }
}

/* At any place: an accepted text differs from a valid one only in base64 or white space. */
static void no_foreign_byte_gets_through_anywhere(void **state)
{
    (void)state;
    static const unsigned char foreign[] = {0,   1,   0x1b, '!', '"',  '#',  '%', ':',
                                            '<', '_', '`',  '{', 0x7f, 0x80, 0xff};
    for (enum text place = 0; place < TEXTS; place++) {
        struct str text = right_text(place);
        for (size_t at = 0; at <= text.length; at++) {
            for (size_t i = 0; i < sizeof foreign; i++) {
                BUF_AUTO struct buf changed = with_byte(text, at, foreign[i]);
                if (is_taken_as(place, buf_str(&changed)))
                    fail_msg("byte 0x%02x before byte %zu", foreign[i], at);
            }
        }
    }
}

static void each_text_may_be_as_long_as_its_limit(void **state)
{
    (void)state;
    static const size_t limits[] = {LIMIT_CERTIFICATE_PEM, LIMIT_PEM_FILE, LIMIT_KEY_PEM};
    struct buf longest[TEXTS];
    for (enum text place = 0; place < TEXTS; place++) {
        longest[place] = BUF(limits[place] + 1);
        assert_true(buf_append(&longest[place], right_text(place)));
        while (longest[place].length < limits[place])
            buf_append_byte(&longest[place], '\n');
        assert_true(is_taken_as(place, buf_str(&longest[place])));
    }
    assert_true(is_taken(&(struct bundle){buf_str(&longest[CERTIFICATE]), buf_str(&longest[CHAIN]),
                                          buf_str(&longest[PRIVATE_KEY])}));
    for (enum text place = 0; place < TEXTS; place++) {
        assert_true(buf_append_byte(&longest[place], '\n'));
        assert_false(is_taken_as(place, buf_str(&longest[place])));
        buf_free(&longest[place]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_certificates_and_keys_are_taken),
        cmocka_unit_test(a_chain_may_be_empty_and_the_others_may_not),
        cmocka_unit_test(only_blocks_of_the_right_label_are_taken),
        cmocka_unit_test(what_is_no_whole_block_is_refused),
        cmocka_unit_test(every_cut_text_is_refused),
        cmocka_unit_test(no_byte_but_white_space_stands_outside_a_block),
        cmocka_unit_test(no_byte_but_base64_and_line_ends_stands_inside_a_block),
        cmocka_unit_test(no_foreign_byte_gets_through_anywhere),
        cmocka_unit_test(each_text_may_be_as_long_as_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
