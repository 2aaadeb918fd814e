/* Replies to ExportCertificate, and passphrases. */
#include "aws/acm.h"

#include "base/limits.h"
#include "crypto/crypto.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void read_reply(const char *body, struct exported_certificate *exported)
{
    struct error error = {0};
    *exported = (struct exported_certificate){0};
    if (!acm_read_reply(str_from(body), exported, &error))
        fail_msg("%s: %s", body, error.message);
}

static void assert_refused(struct str body, enum error_kind kind, const char *why)
{
    struct exported_certificate exported = {0};
    struct error error = {0};
    if (acm_read_reply(body, &exported, &error))
        fail_msg("taken: %.*s", (int)body.length, body.data);
    exported_certificate_free(&exported);
    assert_int_equal(error.kind, kind);
    if (strstr(error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
}

static void a_reply_is_read(void **state)
{
    (void)state;
    struct exported_certificate exported;
    read_reply("{\"PrivateKey\":\"the\\nkey\\n\",\"Certificate\":\"the\\nleaf\\n\","
               "\"CertificateChain\":\"the\\nchain\\n\",\"More\":1}",
               &exported);
    assert_same_text(buf_str(&exported.certificate), STR("the\nleaf\n"));
    assert_same_text(buf_str(&exported.chain), STR("the\nchain\n"));
    assert_same_text(buf_str(&exported.encrypted_key), STR("the\nkey\n"));
    exported_certificate_free(&exported);
}

static void a_chain_may_be_absent(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"Certificate\":\"c\",\"PrivateKey\":\"k\"}",
        "{\"Certificate\":\"c\",\"PrivateKey\":\"k\",\"CertificateChain\":null}",
        "{\"Certificate\":\"c\",\"PrivateKey\":\"k\",\"CertificateChain\":\"\"}"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct exported_certificate exported;
        read_reply(bodies[i], &exported);
        assert_int_equal(exported.chain.length, 0);
        exported_certificate_free(&exported);
    }
}

static void certificate_and_key_are_needed(void **state)
{
    (void)state;
    assert_refused(STR("{\"PrivateKey\":\"k\"}"), ERROR_TRANSIENT, "has no Certificate");
    assert_refused(STR("{\"Certificate\":\"\",\"PrivateKey\":\"k\"}"), ERROR_TRANSIENT,
                   "has no Certificate");
    assert_refused(STR("{\"Certificate\":\"c\"}"), ERROR_TRANSIENT, "has no PrivateKey");
    assert_refused(STR("{\"Certificate\":\"c\",\"PrivateKey\":\"\"}"), ERROR_TRANSIENT,
                   "has no PrivateKey");
    assert_refused(STR("{\"Certificate\":\"c\",\"PrivateKey\":[\"k\"]}"), ERROR_TRANSIENT,
                   "has no PrivateKey");
    assert_refused(STR("{}"), ERROR_TRANSIENT, "has no Certificate");
    assert_refused(STR("[]"), ERROR_TRANSIENT, "has no Certificate");
    assert_refused(STR("\"Certificate\""), ERROR_TRANSIENT, "has no Certificate");
}

static void what_is_no_json_is_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {"", "<html>", "{",
                                         "{\"Certificate\":\"c\",\"PrivateKey\":\"k\"} x"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_refused(str_from(bodies[i]), ERROR_TRANSIENT, "is not JSON");
}

static void every_cut_reply_is_refused(void **state)
{
    (void)state;
    const struct str whole =
        STR("{\"Certificate\":\"c\\n\",\"CertificateChain\":\"x\",\"PrivateKey\":\"k\"}");
    for (size_t length = 0; length < whole.length; length++)
        assert_refused(str_take(whole, length), ERROR_TRANSIENT, "is not JSON");
}

/* --- bounds --- */

static struct buf with_lengths(size_t certificate, size_t chain, size_t key)
{
    struct buf body = BUF(LIMIT_ACM_BODY);
    const struct {
        const char *before;
        size_t length;
    } parts[] = {{"{\"Certificate\":\"", certificate},
                 {"\",\"CertificateChain\":\"", chain},
                 {"\",\"PrivateKey\":\"", key}};
    for (size_t i = 0; i < 3; i++) {
        buf_append_text(&body, parts[i].before);
        assert_true(buf_reserve(&body, parts[i].length));
        memset(body.data + body.length, 'x', parts[i].length);
        body.length += parts[i].length;
    }
    assert_true(buf_append_text(&body, "\"}"));
    return body;
}

static void each_text_may_be_as_long_as_its_limit(void **state)
{
    (void)state;
    struct exported_certificate exported = {0};
    struct error error = {0};
    BUF_AUTO struct buf body = with_lengths(LIMIT_CERTIFICATE_PEM, LIMIT_PEM_FILE, LIMIT_KEY_PEM);
    assert_true(acm_read_reply(buf_str(&body), &exported, &error));
    assert_int_equal(exported.certificate.length, LIMIT_CERTIFICATE_PEM);
    assert_int_equal(exported.chain.length, LIMIT_PEM_FILE);
    assert_int_equal(exported.encrypted_key.length, LIMIT_KEY_PEM);
    exported_certificate_free(&exported);
}

static void a_text_beyond_its_limit_is_refused(void **state)
{
    (void)state;
    BUF_AUTO struct buf certificate = with_lengths(LIMIT_CERTIFICATE_PEM + 1, 1, 1);
    assert_refused(buf_str(&certificate), ERROR_PERMANENT,
                   "Certificate in the reply to ExportCertificate is longer than 32768 bytes");
    BUF_AUTO struct buf chain = with_lengths(1, LIMIT_PEM_FILE + 1, 1);
    assert_refused(buf_str(&chain), ERROR_PERMANENT, "CertificateChain in the reply");
    BUF_AUTO struct buf key = with_lengths(1, 1, LIMIT_KEY_PEM + 1);
    assert_refused(buf_str(&key), ERROR_PERMANENT, "PrivateKey in the reply");
}

/* --- passphrases --- */

static void a_passphrase_is_one_that_acm_takes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        BUF_AUTO struct buf passphrase = BUF_SECRET(64);
        assert_true(acm_new_passphrase(&passphrase));
        assert_int_equal(passphrase.length, ACM_PASSPHRASE_LENGTH);
        for (size_t at = 0; at < passphrase.length; at++) {
            char byte = passphrase.data[at];
            assert_true(byte > 0x20 && byte < 0x7f);
            assert_false(str_holds(STR("#$%"), byte));
        }
    }
}

static void every_passphrase_is_new(void **state)
{
    (void)state;
    BUF_AUTO struct buf one = BUF_SECRET(64);
    BUF_AUTO struct buf other = BUF_SECRET(64);
    assert_true(acm_new_passphrase(&one));
    assert_true(acm_new_passphrase(&other));
    assert_false(str_equal(buf_str(&one), buf_str(&other)));
}

static void a_passphrase_needs_its_room(void **state)
{
    (void)state;
    BUF_AUTO struct buf small = BUF_SECRET(ACM_PASSPHRASE_LENGTH - 1);
    BUF_AUTO struct buf right = BUF_SECRET(ACM_PASSPHRASE_LENGTH);
    assert_false(acm_new_passphrase(&small));
    assert_true(acm_new_passphrase(&right));
}

static int start(void **state)
{
    (void)state;
    return crypto_start() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_is_read),
        cmocka_unit_test(a_chain_may_be_absent),
        cmocka_unit_test(certificate_and_key_are_needed),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(every_cut_reply_is_refused),
        cmocka_unit_test(each_text_may_be_as_long_as_its_limit),
        cmocka_unit_test(a_text_beyond_its_limit_is_refused),
        cmocka_unit_test(a_passphrase_is_one_that_acm_takes),
        cmocka_unit_test(every_passphrase_is_new),
        cmocka_unit_test(a_passphrase_needs_its_room),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
