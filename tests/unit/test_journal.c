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
#define HEADING "wcp-journal 2\n"
#define GENERATION_LINE "generation " GENERATION "\n"
#define HEAD HEADING GENERATION_LINE "direction forward\nbefore done\n"
#define MEMBER_LINE(path) "member " HASH " " path "\n"
#define OLD_LINE "old file " HASH "\n"
#define MEMBER(path) MEMBER_LINE(path) OLD_LINE
/* Of an earlier release. */
#define HEAD_1 "wcp-journal 1\n" GENERATION_LINE

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

/* A journal with this number of members, each of another kind of old version. */
static struct journal journal_of(size_t members)
{
    static const char *const paths[] = {"/a/www.crt", "/b/www.key", "/a/www chain", "/c/www.pem"};
    static const enum version_kind kinds[] = {VERSION_FILE, VERSION_ABSENT, VERSION_LINK,
                                              VERSION_UNREADABLE};
    struct journal journal = {.generation = GENERATION,
                              .direction = JOURNAL_BACK,
                              .before = BEFORE_HOOK_DUE,
                              .has_old_versions = true,
                              .count = members};
    for (size_t i = 0; i < members; i++) {
        struct journal_member *member = &journal.members[i];
        member->path = str_from(paths[i]);
        sha256_hex(member->path, member->hash);
        member->old.kind = kinds[i];
        if (kinds[i] != VERSION_ABSENT)
            sha256_hex(STR("old"), member->old.hash);
    }
    return journal;
}

static void assert_same_journal(const struct journal *a, const struct journal *b)
{
    assert_string_equal(a->generation, b->generation);
    assert_int_equal(a->direction, b->direction);
    assert_int_equal(a->before, b->before);
    assert_int_equal(a->has_old_versions, b->has_old_versions);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_same_text(a->members[i].path, b->members[i].path);
        assert_string_equal(a->members[i].hash, b->members[i].hash);
        assert_int_equal(a->members[i].old.kind, b->members[i].old.kind);
        assert_string_equal(a->members[i].old.hash, b->members[i].old.hash);
    }
}

static void assert_is_read_as_written(const struct journal *written)
{
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    struct journal read;
    struct error error = {0};
    assert_true(journal_write(written, &text));
    assert_true(journal_parse(buf_str(&text), &read, &error));
    assert_same_journal(&read, written);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    for (size_t members = 1; members <= JOURNAL_MAX_MEMBERS; members++) {
        struct journal journal = journal_of(members);
        for (unsigned which = 0; which < 6; which++) {
            journal.direction = (enum journal_direction)(which / 3);
            journal.before = (enum journal_before)(which % 3);
            assert_is_read_as_written(&journal);
        }
    }
}

static void a_journal_of_an_earlier_release_is_read(void **state)
{
    (void)state;
    for (size_t members = 1; members <= JOURNAL_MAX_MEMBERS; members++) {
        struct journal journal = journal_of(members);
        journal.has_old_versions = false;
        journal.direction = JOURNAL_FORWARD;
        journal.before = BEFORE_DONE;
        for (size_t i = 0; i < members; i++)
            journal.members[i].old = (struct version){0};
        assert_is_read_as_written(&journal);
    }
}

static void assert_text_of(const struct journal *journal, const char *lines)
{
    BUF_AUTO struct buf expected = sealed(lines);
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    assert_true(journal_write(journal, &text));
    assert_same_text(buf_str(&text), buf_str(&expected));
    assert_true(is_taken(buf_str(&expected)));
}

static void the_text_is_as_documented(void **state)
{
    (void)state;
    struct journal journal = {.generation = GENERATION, .has_old_versions = true, .count = 1};
    journal.members[0].path = STR("/a");
    sha256_hex(STR(""), journal.members[0].hash);
    assert_text_of(&journal, HEAD MEMBER_LINE("/a") "old absent\n");
    sha256_hex(STR(""), journal.members[0].old.hash);
    journal.members[0].old.kind = VERSION_FILE;
    journal.direction = JOURNAL_BACK;
    journal.before = BEFORE_HOOK_DUE;
    assert_text_of(&journal, HEADING GENERATION_LINE
                   "direction back\nbefore hook-due\n" MEMBER_LINE("/a") "old file " HASH "\n");
    journal.members[0].old.kind = VERSION_LINK;
    journal.before = BEFORE_UNSETTLED;
    assert_text_of(&journal, HEADING GENERATION_LINE
                   "direction back\nbefore unsettled\n" MEMBER_LINE("/a") "old link " HASH "\n");
    journal.members[0].old.kind = VERSION_UNREADABLE;
    journal.direction = JOURNAL_FORWARD;
    journal.before = BEFORE_DONE;
    assert_text_of(&journal, HEAD MEMBER_LINE("/a") "old unreadable " HASH "\n");
    journal.has_old_versions = false;
    assert_text_of(&journal, HEAD_1 MEMBER_LINE("/a"));
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
    struct journal journal = journal_of(JOURNAL_MAX_MEMBERS);
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    for (size_t i = 0; i < JOURNAL_MAX_MEMBERS; i++) {
        memset(paths[i], 'a' + (int)i, sizeof paths[i]);
        paths[i][0] = '/';
        journal.members[i].path = str_bytes(paths[i], sizeof paths[i]);
        journal.members[i].old.kind = VERSION_UNREADABLE;
        sha256_hex(STR(""), journal.members[i].old.hash);
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
    const struct journal journal = journal_of(JOURNAL_MAX_MEMBERS);
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
        BUF_AUTO struct buf text = sealed(HEAD MEMBER("/a"));
        buf_append_text(&text, more[i]);
        assert_false(is_taken(buf_str(&text)));
    }
}

static void assert_none_is_taken(const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_taken_sealed(texts[i]))
            fail_msg("taken: %s", texts[i]);
}

static void a_right_checksum_does_not_excuse_wrong_lines(void **state)
{
    (void)state;
#define DIRECTIONS "direction forward\nbefore done\n"
    static const char *const wrong[] = {
        "",
        HEADING,
        GENERATION_LINE DIRECTIONS MEMBER("/a"),
        HEADING DIRECTIONS MEMBER("/a"),
        HEADING GENERATION_LINE MEMBER("/a"),
        HEAD, /* no member */
        "wcp-journal 3\n" GENERATION_LINE DIRECTIONS MEMBER("/a"),
        "wcp-journal 2 \n" GENERATION_LINE DIRECTIONS MEMBER("/a"),
        "wcp-journal 2\r\n" GENERATION_LINE DIRECTIONS MEMBER("/a"),
        "wcp-journal 1\n" GENERATION_LINE DIRECTIONS MEMBER_LINE("/a"),
        HEADING "\n" GENERATION_LINE DIRECTIONS MEMBER("/a"),
        HEAD "\n" MEMBER("/a"),
        HEADING "generation 00112233445566f\n" DIRECTIONS MEMBER("/a"),
        HEADING "generation 00112233445566fff\n" DIRECTIONS MEMBER("/a"),
        HEADING "generation 00112233445566FF\n" DIRECTIONS MEMBER("/a"),
        HEADING "generation ../../../../etc/\n" DIRECTIONS MEMBER("/a"),
        HEADING GENERATION_LINE GENERATION_LINE DIRECTIONS MEMBER("/a"),
        HEADING GENERATION_LINE "before done\ndirection forward\n" MEMBER("/a"),
        HEADING GENERATION_LINE "direction sideways\nbefore done\n" MEMBER("/a"),
        HEADING GENERATION_LINE "direction \nbefore done\n" MEMBER("/a"),
        HEADING GENERATION_LINE "direction forward \nbefore done\n" MEMBER("/a"),
        HEADING GENERATION_LINE "direction forward\nbefore breakfast\n" MEMBER("/a"),
        HEADING GENERATION_LINE "direction forward\nbefore hook-due x\n" MEMBER("/a"),
        HEADING GENERATION_LINE "direction forward\nbefore hook\n" MEMBER("/a"),
        HEADING GENERATION_LINE "direction forward\n" MEMBER("/a"),
    };
    assert_true(is_taken_sealed(HEAD MEMBER("/a")));
    assert_none_is_taken(wrong, sizeof wrong / sizeof wrong[0]);
}

static void a_right_checksum_does_not_excuse_wrong_members(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        HEAD "member " HASH "\n" OLD_LINE,
        HEAD "member " HASH " \n" OLD_LINE,
        HEAD "member e3b0 /a\n" OLD_LINE,
        HEAD " " MEMBER("/a"),
        HEAD MEMBER("/"),
        HEAD MEMBER("a"),
        HEAD MEMBER("./a"),
        HEAD MEMBER(" /a"),
        HEAD MEMBER("/a\tb"),
        HEAD MEMBER("/a\x7f"),
        HEAD MEMBER("/a\r"),
        HEAD MEMBER("/a") MEMBER("/a"),
        HEAD MEMBER("/a") MEMBER("/b") MEMBER("/c") MEMBER("/d") MEMBER("/e"),
        HEAD MEMBER("/a") "other\n",
        HEAD MEMBER("/a") OLD_LINE,
        HEAD MEMBER_LINE("/a"),
        HEAD MEMBER_LINE("/a") MEMBER("/b"),
        HEAD OLD_LINE MEMBER_LINE("/a"),
        HEAD MEMBER_LINE("/a") "old\n",
        HEAD MEMBER_LINE("/a") "old \n",
        HEAD MEMBER_LINE("/a") "old file\n",
        HEAD MEMBER_LINE("/a") "old file \n",
        HEAD MEMBER_LINE("/a") "old file e3b0\n",
        HEAD MEMBER_LINE("/a") "old file " HASH "0\n",
        HEAD MEMBER_LINE("/a") "old file  " HASH "\n",
        HEAD MEMBER_LINE("/a") "old other " HASH "\n",
        HEAD MEMBER_LINE("/a") "old absent " HASH "\n",
        HEAD MEMBER_LINE("/a") "old absent \n",
        HEAD_1 MEMBER("/a"),
        HEAD_1,
        HEAD_1 MEMBER_LINE("/a") MEMBER_LINE("/a"),
    };
    assert_true(is_taken_sealed(HEAD MEMBER("/a") MEMBER("/b") MEMBER("/c") MEMBER("/d")));
    assert_true(is_taken_sealed(HEAD_1 MEMBER_LINE("/a") MEMBER_LINE("/b")));
    assert_none_is_taken(wrong, sizeof wrong / sizeof wrong[0]);
}

static void a_byte_zero_ends_nothing(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = sealed(HEAD MEMBER("/a"));
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
    static const char *const names[] = {[TEMPORARY_NEW] = ".www.crt." GENERATION ".wcp-new",
                                        [TEMPORARY_OLD] = ".www.crt." GENERATION ".wcp-old"};
    for (unsigned which = 0; which < 2; which++) {
        temporary_name("www.crt", GENERATION, (enum temporary)which, name);
        assert_string_equal(name, names[which]);
        assert_true(temporary_name_is_likely(str_from(name)));
        assert_true(temporary_name_parse(str_from(name), "www.crt", generation));
        assert_string_equal(generation, GENERATION);
    }
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
        ".www.crt." GENERATION ".wcp-older",
        ".www.crt." GENERATION ".wcp-ol",
        ".www.crt." GENERATION ".wcp-new.wcp-old",
        (".www.crt." GENERATION),
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
        cmocka_unit_test(a_journal_of_an_earlier_release_is_read),
        cmocka_unit_test(the_text_is_as_documented),
        cmocka_unit_test(a_text_that_does_not_fit_is_not_written),
        cmocka_unit_test(the_longest_paths_fit),
        cmocka_unit_test(a_journal_cut_anywhere_is_damaged),
        cmocka_unit_test(a_journal_changed_in_any_byte_is_damaged),
        cmocka_unit_test(anything_behind_the_end_is_damage),
        cmocka_unit_test(a_right_checksum_does_not_excuse_wrong_lines),
        cmocka_unit_test(a_right_checksum_does_not_excuse_wrong_members),
        cmocka_unit_test(a_byte_zero_ends_nothing),
        cmocka_unit_test(names_are_made_of_target_and_generation),
        cmocka_unit_test(only_exactly_such_names_are_temporary),
        cmocka_unit_test(generations_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
