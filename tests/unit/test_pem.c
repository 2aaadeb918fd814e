/* PEM (RFC 7468): valid blocks are read, damaged ones are refused, and blocks are written. */
#include "pki/pem.h"

#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HELLO "-----BEGIN HELLO-----\naGVsbG8=\n-----END HELLO-----"
#define WORLD "-----BEGIN WORLD 2-----\nd29ybGQ=\n-----END WORLD 2-----"

static void assert_block(struct str text, const char *label, const char *contents)
{
    struct pem_block block;
    struct error error;
    BUF_AUTO struct buf der = BUF(1024);
    struct str rest = text;
    if (!pem_next(&rest, &block, &error) || !pem_decode(&block, &der, &error))
        fail_msg("%s in \"%.*s\"", error.message, (int)text.length, text.data);
    assert_same_text(block.label, str_from(label));
    assert_same_text(buf_str(&der), str_from(contents));
    assert_true(str_starts_with(block.whole, STR("-----BEGIN ")));
    assert_true(str_ends_with(block.whole, STR("-----")));
    assert_false(pem_next(&rest, &block, &error));
    assert_int_equal(error.kind, ERROR_NONE);
}

static void assert_damaged(struct str text, const char *why)
{
    struct pem_block block;
    struct error error = {0};
    if (pem_next(&text, &block, &error))
        fail_msg("read, not refused because it %s", why);
    assert_permanent(&error, why);
}

static void a_block_is_read(void **state)
{
    (void)state;
    assert_block(STR(HELLO "\n"), "HELLO", "hello");
    assert_block(STR(HELLO), "HELLO", "hello");
    assert_block(STR("-----BEGIN HELLO-----\r\naGVs\r\nbG8=\r\n-----END HELLO-----\r\n"), "HELLO",
                 "hello");
    assert_block(STR("-----BEGIN HELLO-----  \naGVsbG8=  \n\n-----END HELLO----- \n"), "HELLO",
                 "hello");
}

static void text_around_a_block_is_skipped(void **state)
{
    (void)state;
    assert_block(STR("Subject: CN=x\n\n" HELLO "\nthe end\n"), "HELLO", "hello");
    assert_block(STR("\xef\xbb\xbf" HELLO "\n"), "HELLO", "hello");
    assert_block(STR("a - b -- c --- d\n----\n-----\n" HELLO "\n-----"), "HELLO", "hello");
    assert_block(STR("see -----BEGIN CERTIFICATE-----\n" HELLO), "HELLO", "hello");
    assert_block(STR("\0\xff\n" HELLO "\n\0"), "HELLO", "hello");
}

static void lines_may_have_any_length(void **state)
{
    (void)state;
    for (size_t columns = 1; columns <= 200; columns++) {
        static const struct str base64 =
            STR("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5"
                "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OQ==");
        BUF_AUTO struct buf text = BUF(1024);
        buf_append_text(&text, "-----BEGIN DIGITS-----\n");
        for (struct str left = base64; left.length > 0; left = str_skip(left, columns)) {
            buf_append(&text, str_take(left, columns));
            buf_append_byte(&text, '\n');
        }
        buf_append_text(&text, "-----END DIGITS-----\n");
        assert_block(buf_str(&text), "DIGITS",
                     "0123456789012345678901234567890123456789012345678901234567890123456789"
                     "012345678901234567890123456789");
    }
}

static void blocks_come_one_after_another(void **state)
{
    (void)state;
    struct str rest = STR("before\n" HELLO "\nbetween\n" WORLD "\n" HELLO "\nafter");
    static const char *const labels[] = {"HELLO", "WORLD 2", "HELLO"};
    static const struct str wholes[] = {STR(HELLO), STR(WORLD), STR(HELLO)};
    struct pem_block block;
    struct error error = {.kind = ERROR_INTERNAL};
    for (size_t i = 0; i < 3; i++) {
        assert_true(pem_next(&rest, &block, &error));
        assert_same_text(block.label, str_from(labels[i]));
        assert_same_text(block.whole, wholes[i]);
    }
    assert_false(pem_next(&rest, &block, &error));
    assert_int_equal(error.kind, ERROR_NONE);
}

static void text_without_a_block_is_not_damaged(void **state)
{
    (void)state;
    static const struct str texts[] = {
        {NULL, 0}, STR(""), STR("\n"), STR("-----\n"), STR("no PEM here"), STR("----BEGIN X-----"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct str rest = texts[i];
        struct pem_block block;
        struct error error = {.kind = ERROR_INTERNAL};
        assert_false(pem_next(&rest, &block, &error));
        assert_int_equal(error.kind, ERROR_NONE);
    }
}

static void a_block_without_its_end_is_damaged(void **state)
{
    (void)state;
    assert_damaged(STR("-----BEGIN HELLO-----"), "cut off");
    assert_damaged(STR("-----BEGIN HELLO-----\n"), "cut off");
    assert_damaged(STR("-----BEGIN HELLO-----\naGVsbG8=\n"), "cut off");
    assert_damaged(STR("-----BEGIN HELLO-----\naGVsbG8=\n-----END HELLO----"), "damaged END line");
    assert_damaged(STR("-----BEGIN HELLO-----\naGVsbG8=\n-----END HELLO-----x"),
                   "damaged END line");
    assert_damaged(STR("-----BEGIN HELLO-----\naGVsbG8=\n" HELLO), "damaged END line");
    assert_damaged(STR("-----BEGIN HELLO-----\naGVsbG8=\n-----END WORLD-----"),
                   "END line of another block");
    assert_damaged(STR("-----BEGIN HELLO-----\naGVsbG8=\n-----END HELLO -----"),
                   "END line of another block");
    assert_damaged(STR("x\n-----END HELLO-----\n" HELLO), "no BEGIN line");
}

static void an_invalid_begin_line_is_damage(void **state)
{
    (void)state;
    static const struct str lines[] = {
        STR("-----BEGIN -----\n"),
        STR("-----BEGIN X\n"),
        STR("-----BEGIN X----\n"),
        STR("-----BEGIN x-----\n"),
        STR("-----BEGIN X-Y-----\n"),
        STR("-----BEGIN X----- Y\n"),
        STR("-----BEGIN \x1b[2J-----\n"),
        STR("-----BEGIN ----\n"),
        STR("-----BEGIN "),
        STR("-----BEGIN ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLM-----\n"),
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_damaged(lines[i], "damaged BEGIN line");
}

static void a_body_of_anything_but_base64_is_damage(void **state)
{
    (void)state;
    static const struct str texts[] = {
        STR("-----BEGIN HELLO-----\naGVs*G8=\n-----END HELLO-----"),
        STR("-----BEGIN HELLO-----\naGVs\0G8=\n-----END HELLO-----"),
        STR("-----BEGIN HELLO-----\naGVs\xe4G8=\n-----END HELLO-----"),
        STR("-----BEGIN HELLO-----\naGV-bG8=\n-----END HELLO-----"),
        STR("-----BEGIN HELLO-----\naGVsbG8=-----END HELLO-----"),
        STR("-----BEGIN HELLO-----\naGVsbG8=\n -----END HELLO-----"),
        STR("-----BEGIN HELLO-----\nProc-Type: 4,ENCRYPTED\n\naGVsbG8=\n-----END HELLO-----"),
        STR("-----BEGIN HELLO-----\nComment: x\n\naGVsbG8=\n-----END HELLO-----"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_damaged(texts[i], "something other than Base64");
}

static void a_body_that_cannot_be_decoded_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        const char *why;
    } texts[] = {
        {STR("-----BEGIN X-----\n-----END X-----"), "X block is empty"},
        {STR("-----BEGIN X-----\n \n-----END X-----"), "X block is empty"},
        {STR("-----BEGIN X-----\naGVsbG8\n-----END X-----"), "not valid Base64"},
        {STR("-----BEGIN X-----\naGVsbG8=aaaa\n-----END X-----"), "not valid Base64"},
        {STR("-----BEGIN X-----\naGVsbG9oZWxsbw==\n-----END X-----"), "too large"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct str rest = texts[i].text;
        struct pem_block block;
        struct error error = {0};
        BUF_AUTO struct buf der = BUF(9);
        assert_true(pem_next(&rest, &block, &error));
        assert_false(pem_decode(&block, &der, &error));
        assert_permanent(&error, texts[i].why);
    }
}

static void a_block_is_found_by_its_label(void **state)
{
    (void)state;
    struct str rest = STR(HELLO "\n" WORLD "\n" HELLO);
    struct pem_block block;
    struct error error = {0};
    assert_true(pem_find(&rest, STR("WORLD 2"), &block, &error));
    assert_same_text(block.whole, STR(WORLD));
    assert_false(pem_find(&rest, STR("WORLD 2"), &block, &error));
    assert_permanent(&error, "there is no WORLD 2 block");
    rest = STR(HELLO "\n-----BEGIN HELLO-----");
    assert_false(pem_find(&rest, STR("WORLD 2"), &block, &error));
    assert_permanent(&error, "cut off");
}

static void the_only_block_must_be_the_only_one(void **state)
{
    (void)state;
    struct pem_block block;
    struct error error = {0};
    assert_true(pem_only(STR("text\n" HELLO "\ntext"), STR("HELLO"), &block, &error));
    assert_same_text(block.whole, STR(HELLO));
    assert_false(pem_only(STR("text"), STR("HELLO"), &block, &error));
    assert_permanent(&error, "there is no HELLO block");
    assert_false(pem_only(STR(WORLD), STR("HELLO"), &block, &error));
    assert_permanent(&error, "the PEM block is labelled WORLD 2, not HELLO");
    assert_false(pem_only(STR(HELLO "\n" WORLD), STR("HELLO"), &block, &error));
    assert_permanent(&error, "followed by another block");
    assert_false(pem_only(STR(HELLO "\n-----BEGIN HELLO-----"), STR("HELLO"), &block, &error));
    assert_permanent(&error, "cut off");
}

static void a_block_is_written_in_64_columns(void **state)
{
    (void)state;
    BUF_AUTO struct buf out = BUF(1024);
    assert_true(pem_encode(STR("HELLO"), STR("hello"), &out));
    assert_same_text(buf_str(&out), STR(HELLO "\n"));
    buf_clear(&out);
    assert_true(
        pem_encode(STR("X"), STR("012345678901234567890123456789012345678901234567"), &out));
    assert_same_text(buf_str(&out),
                     STR("-----BEGIN X-----\n"
                         "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3\n"
                         "-----END X-----\n"));
    assert_true(
        pem_encode(STR("Y"), STR("0123456789012345678901234567890123456789012345678"), &out));
    assert_true(str_ends_with(
        buf_str(&out), STR("-----BEGIN Y-----\n"
                           "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3\n"
                           "OA==\n"
                           "-----END Y-----\n")));
}

static void writing_stops_at_the_limit(void **state)
{
    (void)state;
    const size_t needed = STR(HELLO "\n").length;
    for (size_t limit = 0; limit <= needed; limit++) {
        BUF_AUTO struct buf out = BUF_SECRET(limit);
        assert_int_equal(pem_encode(STR("HELLO"), STR("hello"), &out), limit == needed);
        assert_true(out.length <= limit);
    }
}

static void a_key_is_written_as_openssl_writes_it(void **state)
{
    (void)state;
    BUF_AUTO struct buf pem = data_file("keys/rsa4096.pem");
    BUF_AUTO struct buf der = data_der("keys/rsa4096.pem");
    BUF_AUTO struct buf again = BUF(8192);
    assert_true(pem_encode(STR("PRIVATE KEY"), buf_str(&der), &again));
    assert_same_text(buf_str(&again), buf_str(&pem));
}

static void a_file_cut_anywhere_is_never_a_block(void **state)
{
    (void)state;
    BUF_AUTO struct buf pem = data_file("keys/p256.pem");
    for (size_t length = 1; length + 1 < pem.length; length++) {
        BUF_AUTO struct buf cut =
            BUF(1024); /* memory of its own, so that a sanitizer detects reads past its end */
        struct pem_block block;
        struct error error = {.kind = ERROR_INTERNAL};
        buf_append(&cut, str_take(buf_str(&pem), length));
        struct str rest = buf_str(&cut);
        assert_false(pem_next(&rest, &block, &error));
        assert_true(error.kind == ERROR_PERMANENT || error.kind == ERROR_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_read),
        cmocka_unit_test(text_around_a_block_is_skipped),
        cmocka_unit_test(lines_may_have_any_length),
        cmocka_unit_test(blocks_come_one_after_another),
        cmocka_unit_test(text_without_a_block_is_not_damaged),
        cmocka_unit_test(a_block_without_its_end_is_damaged),
        cmocka_unit_test(an_invalid_begin_line_is_damage),
        cmocka_unit_test(a_body_of_anything_but_base64_is_damage),
        cmocka_unit_test(a_body_that_cannot_be_decoded_is_refused),
        cmocka_unit_test(a_block_is_found_by_its_label),
        cmocka_unit_test(the_only_block_must_be_the_only_one),
        cmocka_unit_test(a_block_is_written_in_64_columns),
        cmocka_unit_test(writing_stops_at_the_limit),
        cmocka_unit_test(a_key_is_written_as_openssl_writes_it),
        cmocka_unit_test(a_file_cut_anywhere_is_never_a_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
