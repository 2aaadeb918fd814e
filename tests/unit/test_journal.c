/* The text of the journal, and the names of journals and temporary files. */
#include "base/format.h"
#include "base/limits.h"
#include "store/journal.h"
#include "support/data.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GENERATION "00112233445566ff"
#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEADING "wcp-journal 1\n"
#define GENERATION_LINE "generation " GENERATION "\n"
#define MEMBER(path) "member " HASH " " path "\n"

/* Appends the lines, and an end line with their checksum. */
static struct buf sealed(const char *lines)
{
    struct buf text = BUF(1 << 20);
    char checksum[SHA256_HEX_SIZE];
    sha256_hex(str_from(lines), checksum);
    buf_format(&text, "%send %s\n", lines, checksum);
    assert_false(text.failed);
    return text;
}

static bool is_taken(struct str text)
{
    struct journal journal;
    struct error error = {0};
    bool taken = journal_parse(text, &journal, &error);
    assert_int_equal(error.kind, taken ? ERROR_NONE : ERROR_PERMANENT);
    return taken;
}

static bool is_taken_sealed(const char *lines)
{
    BUF_AUTO struct buf text = sealed(lines);
    return is_taken(buf_str(&text));
}

static struct journal journal_of(size_t members)
{
    static const char *const paths[] = {"/a/www.crt", "/b/www.key", "/a/www chain", "/c/www.pem"};
    struct journal journal = {.generation = GENERATION, .count = members};
    for (size_t i = 0; i < members; i++) {
        journal.members[i].path = str_from(paths[i]);
        sha256_hex(str_from(paths[i]), journal.members[i].hash);
    }
    return journal;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    for (size_t members = 1; members <= JOURNAL_MAX_MEMBERS; members++) {
        BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
        const struct journal written = journal_of(members);
        struct journal read;
        struct error error = {0};
        assert_true(journal_write(&written, &text));
        assert_true(journal_parse(buf_str(&text), &read, &error));
        assert_string_equal(read.generation, written.generation);
        assert_int_equal(read.count, members);
        for (size_t i = 0; i < members; i++) {
            assert_same_text(read.members[i].path, written.members[i].path);
            assert_string_equal(read.members[i].hash, written.members[i].hash);
        }
    }
}

static void the_text_is_as_documented(void **state)
{
    (void)state;
    BUF_AUTO struct buf expected = sealed(HEADING GENERATION_LINE MEMBER("/a"));
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    struct journal journal = {.generation = GENERATION, .count = 1};
    journal.members[0].path = STR("/a");
    sha256_hex(STR(""), journal.members[0].hash);
    assert_true(journal_write(&journal, &text));
    assert_same_text(buf_str(&text), buf_str(&expected));
    assert_true(is_taken(buf_str(&expected)));
}

static void a_text_that_does_not_fit_is_not_written(void **state)
{
    (void)state;
    BUF_AUTO struct buf whole = BUF(LIMIT_JOURNAL);
    const struct journal journal = journal_of(JOURNAL_MAX_MEMBERS);
    assert_true(journal_write(&journal, &whole));
    for (size_t room = 0; room < whole.length; room++) {
        BUF_AUTO struct buf text = BUF(room);
        assert_false(journal_write(&journal, &text));
    }
    BUF_AUTO struct buf text = BUF(whole.length);
    assert_true(journal_write(&journal, &text));
}

static void the_longest_paths_fit(void **state)
{
    (void)state;
    char paths[JOURNAL_MAX_MEMBERS][PATH_MAX];
    struct journal journal = {.generation = GENERATION, .count = JOURNAL_MAX_MEMBERS};
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    for (size_t i = 0; i < JOURNAL_MAX_MEMBERS; i++) {
        memset(paths[i], 'a' + (int)i, sizeof paths[i]);
        paths[i][0] = '/';
        journal.members[i].path = str_bytes(paths[i], sizeof paths[i]);
        sha256_hex(STR(""), journal.members[i].hash);
    }
    assert_true(journal_write(&journal, &text));
    assert_true(is_taken(buf_str(&text)));
}

static void a_journal_cut_anywhere_is_damaged(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    const struct journal journal = journal_of(3);
    assert_true(journal_write(&journal, &text));
    for (size_t length = 0; length < text.length; length++)
        assert_false(is_taken(str_take(buf_str(&text), length)));
}

static void a_journal_changed_in_any_byte_is_damaged(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    const struct journal journal = journal_of(2);
    assert_true(journal_write(&journal, &text));
    for (size_t i = 0; i < text.length; i++) {
        for (int bit = 0; bit < 8; bit++) {
            text.data[i] ^= (char)(1 << bit);
            assert_false(is_taken(buf_str(&text)));
            text.data[i] ^= (char)(1 << bit);
        }
    }
    assert_true(is_taken(buf_str(&text)));
}

static void anything_behind_the_end_is_damage(void **state)
{
    (void)state;
    static const char *const more[] = {"\n", " ", "end\n", MEMBER("/b")};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        BUF_AUTO struct buf text = sealed(HEADING GENERATION_LINE MEMBER("/a"));
        buf_append_text(&text, more[i]);
        assert_false(is_taken(buf_str(&text)));
    }
}

static void a_right_checksum_does_not_excuse_wrong_lines(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        HEADING,
        GENERATION_LINE MEMBER("/a"),
        HEADING MEMBER("/a"),
        HEADING GENERATION_LINE, /* no member */
        "wcp-journal 2\n" GENERATION_LINE MEMBER("/a"),
        "wcp-journal 1 \n" GENERATION_LINE MEMBER("/a"),
        "wcp-journal 1\r\n" GENERATION_LINE MEMBER("/a"),
        HEADING "\n" GENERATION_LINE MEMBER("/a"),
        HEADING GENERATION_LINE "\n" MEMBER("/a"),
        HEADING "generation 00112233445566f\n" MEMBER("/a"),
        HEADING "generation 00112233445566fff\n" MEMBER("/a"),
        HEADING "generation 00112233445566FF\n" MEMBER("/a"),
        HEADING "generation ../../../../etc/\n" MEMBER("/a"),
        HEADING GENERATION_LINE GENERATION_LINE MEMBER("/a"),
        HEADING GENERATION_LINE "member " HASH "\n",
        HEADING GENERATION_LINE "member " HASH " \n",
        HEADING GENERATION_LINE "member e3b0 /a\n",
        HEADING GENERATION_LINE " " MEMBER("/a"),
        HEADING GENERATION_LINE MEMBER("/"),
        HEADING GENERATION_LINE MEMBER("a"),
        HEADING GENERATION_LINE MEMBER("./a"),
        HEADING GENERATION_LINE MEMBER(" /a"),
        HEADING GENERATION_LINE MEMBER("/a\tb"),
        HEADING GENERATION_LINE MEMBER("/a\x7f"),
        HEADING GENERATION_LINE MEMBER("/a\r"),
        HEADING GENERATION_LINE MEMBER("/a") MEMBER("/a"),
        HEADING GENERATION_LINE MEMBER("/a") MEMBER("/b") MEMBER("/c") MEMBER("/d") MEMBER("/e"),
        HEADING GENERATION_LINE MEMBER("/a") "other\n",
    };
    assert_true(is_taken_sealed(HEADING GENERATION_LINE MEMBER("/a")));
    assert_true(is_taken_sealed(HEADING GENERATION_LINE MEMBER("/a") MEMBER("/b") MEMBER("/c")
                                    MEMBER("/d")));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (is_taken_sealed(wrong[i]))
            fail_msg("taken: %s", wrong[i]);
}

static void a_byte_zero_ends_nothing(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = sealed(HEADING GENERATION_LINE MEMBER("/a"));
    buf_append_byte(&text, '\0');
    assert_false(is_taken(buf_str(&text)));
}

static void names_are_made_of_target_and_generation(void **state)
{
    (void)state;
    char name[NAME_MAX + 1];
    char generation[GENERATION_SIZE];
    journal_name("www.crt", name, sizeof name);
    assert_string_equal(name, ".www.crt.wcp-journal");
    temporary_name("www.crt", GENERATION, name, sizeof name);
    assert_string_equal(name, ".www.crt." GENERATION ".wcp-new");
    assert_true(temporary_name_is_likely(str_from(name)));
    assert_true(temporary_name_parse(str_from(name), "www.crt", generation));
    assert_string_equal(generation, GENERATION);
}

static void only_exactly_such_names_are_temporary(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",
        ".",
        ".wcp-new",
        "www.crt",
        ".www.crt",
        ".www.crt.wcp-new",
        ".www.crt.wcp-journal",
        "www.crt." GENERATION ".wcp-new",
        "..www.crt." GENERATION ".wcp-new",
        ".www.crt." GENERATION ".wcp-new~",
        ".www.crt." GENERATION "0.wcp-new",
        ".www.crt." GENERATION "wcp-new",
        ".www.crt.0011223344556FF.wcp-new",
        ".www.crt.00112233445566FF.wcp-new",
        ".www.crt.." GENERATION ".wcp-new",
        ".www.crt.x." GENERATION ".wcp-new",
        ".www." GENERATION ".wcp-new",
        ".www.crtx." GENERATION ".wcp-new",
    };
    char generation[GENERATION_SIZE];
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (temporary_name_parse(str_from(others[i]), "www.crt", generation))
            fail_msg("taken: %s", others[i]);
}

static void generations_differ(void **state)
{
    (void)state;
    char a[GENERATION_SIZE];
    char b[GENERATION_SIZE];
    assert_true(generation_new(a) && generation_new(b));
    assert_int_equal(strlen(a), GENERATION_SIZE - 1);
    assert_int_equal(strspn(a, "0123456789abcdef"), GENERATION_SIZE - 1);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_text_is_as_documented),
        cmocka_unit_test(a_text_that_does_not_fit_is_not_written),
        cmocka_unit_test(the_longest_paths_fit),
        cmocka_unit_test(a_journal_cut_anywhere_is_damaged),
        cmocka_unit_test(a_journal_changed_in_any_byte_is_damaged),
        cmocka_unit_test(anything_behind_the_end_is_damage),
        cmocka_unit_test(a_right_checksum_does_not_excuse_wrong_lines),
        cmocka_unit_test(a_byte_zero_ends_nothing),
        cmocka_unit_test(names_are_made_of_target_and_generation),
        cmocka_unit_test(only_exactly_such_names_are_temporary),
        cmocka_unit_test(generations_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
