/* The values that credentials may have, and their storage. */
#include "aws/credentials/credentials.h"

#include "base/limits.h"
#include "support/data.h"
#include "support/wiped.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool set(struct credentials *credentials, struct str id, struct str secret, struct str token)
{
    struct error error = {0};
    bool taken = credentials_set(credentials, id, secret, token, "the test", &error);
    if (!taken) {
        assert_int_equal(error.kind, ERROR_CONFIGURATION);
        assert_non_null(strstr(error.message, "the credentials in the test"));
    }
    return taken;
}

static void values_are_copied_and_terminated(void **state)
{
    (void)state;
    CREDENTIALS_AUTO struct credentials credentials = {0};
    char id[] = "id";
    assert_true(set(&credentials, str_from(id), STR("a/b+c="), STR("")));
    memset(id, 'x', 2);
    assert_memory_equal(credentials.access_key_id.data, "id", 3);
    assert_memory_equal(credentials.secret_access_key.data, "a/b+c=", 7);
    assert_memory_equal(credentials.session_token.data, "", 1);
    assert_int_equal(credentials.access_key_id.length, 2);
    assert_int_equal(credentials.session_token.length, 0);
}

static void id_and_secret_are_needed_and_a_token_is_not(void **state)
{
    (void)state;
    CREDENTIALS_AUTO struct credentials credentials = {0};
    assert_false(set(&credentials, STR(""), STR("s"), STR("t")));
    assert_false(set(&credentials, STR("i"), STR(""), STR("t")));
    assert_true(set(&credentials, STR("i"), STR("s"), STR("")));
    assert_true(set(&credentials, STR("i"), STR("s"), STR("t")));
    assert_same_text(buf_str(&credentials.session_token), STR("t"));
}

static void every_byte_must_be_visible_ascii_and_none_of_a_files_marks(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        CREDENTIALS_AUTO struct credentials credentials = {0};
        const char text[] = {'a', (char)byte, 'b'};
        struct str value = str_bytes(text, sizeof text);
        bool visible = byte > 0x20 && byte < 0x7f && strchr("\"'#;<>", byte) == NULL;
        assert_int_equal(set(&credentials, value, STR("s"), STR("t")), visible);
        assert_int_equal(set(&credentials, STR("i"), value, STR("t")), visible);
        assert_int_equal(set(&credentials, STR("i"), STR("s"), value), visible);
    }
}

static void a_temporary_key_needs_its_session_token(void **state)
{
    (void)state;
    CREDENTIALS_AUTO struct credentials credentials = {0};
    assert_false(set(&credentials, STR("ASIAEXAMPLE"), STR("s"), STR("")));
    assert_true(set(&credentials, STR("ASIAEXAMPLE"), STR("s"), STR("t")));
    assert_true(set(&credentials, STR("AKIAEXAMPLE"), STR("s"), STR("")));
}

static void each_value_may_be_as_long_as_the_limit(void **state)
{
    (void)state;
    static char text[LIMIT_CREDENTIAL_VALUE + 1];
    memset(text, 'x', sizeof text);
    struct str longest = str_bytes(text, LIMIT_CREDENTIAL_VALUE);
    struct str longer = str_bytes(text, sizeof text);
    CREDENTIALS_AUTO struct credentials credentials = {0};
    assert_true(set(&credentials, longest, longest, longest));
    assert_int_equal(credentials.session_token.length, LIMIT_CREDENTIAL_VALUE);
    assert_false(set(&credentials, longer, STR("s"), STR("t")));
    assert_false(set(&credentials, STR("i"), longer, STR("t")));
    assert_false(set(&credentials, STR("i"), STR("s"), longer));
}

static void the_message_does_not_repeat_a_secret(void **state)
{
    (void)state;
    CREDENTIALS_AUTO struct credentials credentials = {0};
    struct error error = {0};
    assert_false(
        credentials_set(&credentials, STR("i"), STR("my secret"), STR("my token"), "x", &error));
    assert_null(strstr(error.message, "my"));
    assert_null(strstr(error.advice, "my"));
}

static void secrets_are_wiped_when_replaced_and_freed(void **state)
{
    (void)state;
    struct credentials credentials = {0};
    assert_true(set(&credentials, STR("id-1"), STR("secret-1"), STR("token-1")));
    const char *secret = credentials.secret_access_key.data;
    const char *token = credentials.session_token.data;
    wiped_forget();
    assert_true(set(&credentials, STR("id-2"), STR("secret-2"), STR("token-2")));
    assert_true(wiped(secret, 8));
    assert_true(wiped(token, 7));
    secret = credentials.secret_access_key.data;
    wiped_forget();
    credentials_free(&credentials);
    assert_true(wiped(secret, 8));
    credentials_free(&credentials);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_copied_and_terminated),
        cmocka_unit_test(id_and_secret_are_needed_and_a_token_is_not),
        cmocka_unit_test(every_byte_must_be_visible_ascii_and_none_of_a_files_marks),
        cmocka_unit_test(a_temporary_key_needs_its_session_token),
        cmocka_unit_test(each_value_may_be_as_long_as_the_limit),
        cmocka_unit_test(the_message_does_not_repeat_a_secret),
        cmocka_unit_test(secrets_are_wiped_when_replaced_and_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
