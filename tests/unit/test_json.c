/* Reading JSON as AWS sends it, and writing JSON strings. */
#include "base/json.h"

#include "base/clock.h"
#include "base/limits.h"
#include "support/data.h"
#include "support/wiped.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

/* A document, or NULL and an error that says what is wrong with it. */
static struct json *parse(struct str text)
{
    struct error error = error_none();
    struct json *document = json_parse(text, "the reply", &error);
    assert_int_equal(error.kind, document == NULL ? ERROR_TRANSIENT : ERROR_NONE);
    assert_int_equal(str_starts_with(str_from(error.message), STR("the reply ")), document == NULL);
    return document;
}

static struct json *parsed(const char *text)
{
    struct json *document = parse(str_from(text));
    if (document == NULL)
        fail_msg("not parsed: %s", text);
    return document;
}

static void members_of_objects_are_found_by_their_exact_names(void **state)
{
    (void)state;
    JSON_AUTO struct json *document =
        parsed(" {\"Code\":\"a\", \"inner\" : {\"x\":{\"y\":\"deep\"}}, \"code\":\"b\"}\r\n\t");
    struct str text;
    assert_true(json_string(json_member(document, "Code"), &text));
    assert_same_text(text, STR("a"));
    assert_true(json_string(json_member(document, "code"), &text));
    assert_same_text(text, STR("b"));
    assert_null(json_member(document, "CODE"));
    const struct json *inner = json_member(json_member(document, "inner"), "x");
    assert_true(json_string(json_member(inner, "y"), &text));
    assert_same_text(text, STR("deep"));
}

static void what_is_absent_or_of_another_type_is_not_found(void **state)
{
    (void)state;
    JSON_AUTO struct json *document =
        parsed("{\"s\":\"x\",\"n\":1,\"l\":[],\"b\":true,\"z\":null}");
    static const char *const names[] = {"s", "n", "l", "b", "z", "absent"};
    struct str text;
    int64_t number;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct json *value = json_member(document, names[i]);
        assert_int_equal(json_string(value, &text), i == 0);
        assert_int_equal(json_integer(value, &number), i == 1);
        assert_null(json_first(value));
        assert_null(json_member(value, "s"));
    }
    assert_null(json_member(NULL, "s"));
    assert_null(json_first(NULL));
}

static void elements_of_arrays_are_walked(void **state)
{
    (void)state;
    JSON_AUTO struct json *document = parsed("[\"a\",\"b\",\"c\"]");
    BUF_AUTO struct buf all = BUF(16);
    for (const struct json *each = json_first(document); each != NULL; each = json_next(each)) {
        struct str text;
        assert_true(json_string(each, &text));
        assert_true(buf_append(&all, text));
    }
    assert_same_text(buf_str(&all), STR("abc"));
}

static void escapes_in_strings_are_decoded(void **state)
{
    (void)state;
    JSON_AUTO struct json *document =
        parsed("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\", "
               "\"a\\u0000b\"]");
    const struct json *each = json_first(document);
    struct str text;
    assert_true(json_string(each, &text));
    assert_same_text(text, STR("\"\\/\b\f\n\r\t"));
    each = json_next(each);
    assert_true(json_string(each, &text));
    assert_same_text(text, STR("A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
    each = json_next(each);
    assert_true(json_string(each, &text));
    assert_same_text(text, STR("a"));
}

static void numbers_are_read_as_integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t number;
    } cases[] = {
        {"0", 0},
        {"-1", -1},
        {"1440938160", 1440938160},
        {"1440938160.75", 1440938160},
        {"1.44093816075E9", 1440938160},
        {"1440938160e+0", 1440938160},
        {"-2.9", -2},
        {"12345e-2", 123},
        {"999999999999999", 999999999999999},
        {"1e30", INT64_MAX},
        {"-1e30", INT64_MIN},
        {"1e999", INT64_MAX},
        {"92233720368547758080", INT64_MAX},
        {"5555555555555555555555555555555555555555555555555555555555555555555555555555555555",
         INT64_MAX},
        {"-5555555555555555555555555555555555555555555555555555555555555555555555555555555555",
         INT64_MIN},
        {"1e-999", 0},
        {"0.000001", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        JSON_AUTO struct json *document = parsed(cases[i].text);
        int64_t number = 7;
        assert_true(json_integer(document, &number));
        if (number != cases[i].number)
            fail_msg("%s: %lld", cases[i].text, (long long)number);
    }
}

static void what_is_no_json_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",          " ",           "{",     "{}}",    "{} x",       "[1,]", "{\"a\":}",
        "{a:1}",     "{\"a\" 1}",   "'a'",   "\"a",    "tru",        "nul",  "\"\\x\"",
        "\"\\u12\"", "\"\\ud800\"", "[1 2]", "<xml/>", "{\"a\":1,}", "-",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        JSON_AUTO struct json *document = parse(str_from(wrong[i]));
        if (document != NULL)
            fail_msg("taken: %s", wrong[i]);
    }
    assert_null(parse(str_from(NULL)));
}

static void every_cut_document_is_refused(void **state)
{
    (void)state;
    const struct str whole = STR("{\"a\":[1.5e3,{\"b\":\"\\u00e9\\n\"},true,false,null]}");
    for (size_t length = 0; length < whole.length; length++) {
        /* The memory has exactly that size, so that a sanitizer finds a read past its end. */
        char *cut = malloc(length + 1);
        assert_non_null(cut);
        memmove(cut + 1, whole.data, length);
        assert_null(parse(str_bytes(cut + 1, length)));
        free(cut);
    }
    JSON_AUTO struct json *document = parse(whole);
    assert_non_null(document);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    enum { MOST = LIMIT_JSON_NESTING };
    char text[2 * MOST + 4] = "";
    for (size_t depth = 1; depth <= MOST + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        JSON_AUTO struct json *document = parse(str_bytes(text, 2 * depth));
        assert_int_equal(document != NULL, depth <= MOST);
    }
}

static void fill(struct buf *out, struct str part, size_t length)
{
    buf_clear(out);
    buf_append_byte(out, '[');
    while (out->length + part.length < length)
        buf_append(out, part);
    buf_append(out, STR("0]"));
}

static long most_memory_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Each was a worker of 171 MB and 15 s. */
static void a_reply_of_many_values_is_refused_before_it_takes_memory(void **state)
{
    (void)state;
    static const struct str parts[] = {STR("0,"),        STR("[],"),       STR("{},"),
                                       STR("\"\\\"\","), STR("[[[],[],["), STR("{\"\":{},\"\":")};
    BUF_AUTO struct buf text = BUF(LIMIT_ACM_BODY + 64);
    struct error error = error_none();
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        fill(&text, parts[i], LIMIT_ACM_BODY);
        int64_t started_ms = clock_monotonic_ms();
        long before_kib = most_memory_kib();
        assert_null(json_parse(buf_str(&text), "the reply", &error));
        assert_in_range(most_memory_kib() - before_kib, 0, 1024);
        assert_in_range(clock_monotonic_ms() - started_ms, 0, 3000);
        assert_non_null(strstr(error.message, "the reply has more than 4096 values"));
    }
}

static void the_number_of_values_is_bounded(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(64 * 1024);
    /* The array itself is a value, too. */
    fill(&text, STR("1,"), 2 * (size_t)(LIMIT_JSON_VALUES - 2) + 2);
    JSON_AUTO struct json *most = parse(buf_str(&text));
    assert_non_null(most);
    fill(&text, STR("1,"), 2 * (size_t)(LIMIT_JSON_VALUES - 1) + 2);
    assert_null(parse(buf_str(&text)));
    /* What stands in a string does not count. */
    fill(&text, STR("\"[{,\\\",,,,,,,,,,,,\","), 32 * 1024);
    JSON_AUTO struct json *strings = parse(buf_str(&text));
    assert_non_null(strings);
}

static void strings_are_wiped_with_the_document(void **state)
{
    (void)state;
    struct json *document = parsed("{\"a\":{\"b\":[\"first secret\",\"second secret\"]}}");
    const struct json *list = json_member(json_member(document, "a"), "b");
    struct str first;
    struct str second;
    assert_true(json_string(json_first(list), &first));
    assert_true(json_string(json_next(json_first(list)), &second));
    wiped_forget();
    json_free(document);
    assert_true(wiped(first.data, first.length));
    assert_true(wiped(second.data, second.length));
    json_free(NULL);
}

/* Values, names and strings, each in a block of its own, are wiped by whoever frees them. */
static void what_was_parsed_of_a_cut_document_is_wiped(void **state)
{
    (void)state;
    struct error error = {0};
    wiped_forget();
    assert_null(json_parse(STR("{\"SecretAccessKey\":\"a secret\",\"Version\":1"), "it", &error));
    assert_in_range(wipe_count, 6, 10); /* an object, two members, two names, a string */
}

static void strings_are_written_with_escapes(void **state)
{
    (void)state;
    BUF_AUTO struct buf out = BUF(100);
    json_append_string(&out, STR("a\"b\\c/\n\x01\x7f\0\xc3\xa9"));
    assert_same_text(buf_str(&out), STR("\"a\\\"b\\\\c/\\u000a\\u0001\\u007f\\u0000\xc3\xa9\""));
}

static void a_written_string_is_read_back(void **state)
{
    (void)state;
    char every[127];
    for (size_t i = 0; i < sizeof every; i++)
        every[i] = (char)(i + 1);
    BUF_AUTO struct buf out = BUF(1000);
    json_append_string(&out, str_bytes(every, sizeof every));
    JSON_AUTO struct json *document = parse(buf_str(&out));
    struct str text;
    assert_true(json_string(document, &text));
    assert_same_text(text, str_bytes(every, sizeof every));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_of_objects_are_found_by_their_exact_names),
        cmocka_unit_test(what_is_absent_or_of_another_type_is_not_found),
        cmocka_unit_test(elements_of_arrays_are_walked),
        cmocka_unit_test(escapes_in_strings_are_decoded),
        cmocka_unit_test(numbers_are_read_as_integers),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(every_cut_document_is_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(a_reply_of_many_values_is_refused_before_it_takes_memory),
        cmocka_unit_test(the_number_of_values_is_bounded),
        cmocka_unit_test(strings_are_wiped_with_the_document),
        cmocka_unit_test(what_was_parsed_of_a_cut_document_is_wiped),
        cmocka_unit_test(strings_are_written_with_escapes),
        cmocka_unit_test(a_written_string_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
