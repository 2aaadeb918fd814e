/* The syntax of the shared files: each case is a text, what is read of it, and what is said. */
#include "aws/credentials/shared_file.h"

#include "base/format.h"
#include "base/limits.h"
#include "support/captured_log.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const section_names[] = {"none", "profile", "services", "other"};

/* What was read: "[profile x]", "key=value" and "parent>key=value", with '|' between them. */
static void dump_file(const struct shared_file *file, struct buf *out)
{
    struct shared_reader reader;
    struct shared_line line;
    shared_reader_start(&reader, file);
    while (shared_reader_next(&reader, &line)) {
        buf_format(out, "%s", out->length == 0 ? "" : "|");
        if (line.key.length == 0) {
            buf_format(out, "[%s %.*s]", section_names[line.section], (int)line.name.length,
                       line.name.data);
            continue;
        }
        if (line.parent.length > 0)
            buf_format(out, "%.*s>", (int)line.parent.length, line.parent.data);
        buf_format(out, "%.*s=%.*s", (int)line.key.length, line.key.data, (int)line.value.length,
                   line.value.data);
    }
}

/* What is said is `warning`, somewhere in the log; "": nothing. Each case has a path of its own,
 * since the log says the same only once. */
static void check_case(enum shared_file_kind kind, unsigned number, struct str text,
                       const char *expected, const char *warning)
{
    BUF_AUTO struct buf dump = BUF(16 * 1024);
    BUF_AUTO struct buf log = BUF(64 * 1024);
    char path[32];
    format_text(path, sizeof path, "%u.%u", (unsigned)kind, number);
    const struct shared_file file = {kind, path, text};
    capture_log(&log);
    dump_file(&file, &dump);
    release_log();
    assert_same_text(buf_str(&dump), str_from(expected));
    if (warning[0] == '\0')
        assert_same_text(buf_str(&log), STR(""));
    else
        assert_logged(&log, warning);
}

struct syntax_case {
    const char *text;
    const char *expected;
    const char *warning;
};

/* In the config file. */
static const struct syntax_case config_cases[] = {
    /* What every SDK reads. */
    {"", "", ""},
    {"[default]\na = 1\n", "[profile default]|a=1", ""},
    {"[profile foo]", "[profile foo]", ""},
    {"[profile some-thing:long/the_one%only.foo@bar+]",
     "[profile some-thing:long/the_one%only.foo@bar+]", ""},
    {"[profile \tfoo \t]\n", "[profile foo]", ""},
    {"[   profile foo    ]\n", "[profile foo]", ""},
    {"[profile foo]\r\nname = value\r\n", "[profile foo]|name=value", ""},
    {"[profile foo]\nname = val=ue\n", "[profile foo]|name=val=ue", ""},
    {"[profile foo]\nname \t=  \tvalue \t\n", "[profile foo]|name=value", ""},
    {"[profile foo]\nname =\nother=x", "[profile foo]|name=|other=x", ""},
    {"[profile foo]\nname = caf\xc3\xa9\n", "[profile foo]|name=caf\xc3\xa9", ""},
    {"\t \n[profile a]\n\t\n \nx = 1\n\n[profile b]\n \t", "[profile a]|x=1|[profile b]", ""},
    {"# one\n; two\n[profile a] # three\nx = 1\n", "[profile a]|x=1", ""},
    {";\n[profile a];\nx = 1\n", "[profile a]|x=1", ""},
    {"[profile a]; near\n[profile b]# near\n", "[profile a]|[profile b]", ""},
    {"[profile a]\nx = 1; 2\ny = 1#2\n", "[profile a]|x=1; 2|y=1#2", ""},
    {"[profile a]\nx = 1\n[profile b]\ny = 2\n", "[profile a]|x=1|[profile b]|y=2", ""},
    {"[profile a]\ns3 =\n name = value\n\t \n other = 2\n",
     "[profile a]|s3=|s3>name=value|s3>other=2", ""},
    {"[profile a]\ns3 =\n name =\nx = 1\n", "[profile a]|s3=|s3>name=|x=1", ""},
    {"[profile a]\ns3 =\n in valid = value\n", "[profile a]|s3=|s3>in valid=value", ""},
    {"[services s]\nacm =\n  endpoint_url = http://x:1/\n",
     "[services s]|acm=|acm>endpoint_url=http://x:1/", ""},
    {"[sso-session s]\nsso_region = x\n[plugins]\n[preview]\n",
     "[other s]|sso_region=x|[other ]|[other ]", ""},
    {"[profile \"with blank\"]\n[profile 'other']\n", "[profile with blank]|[profile other]", ""},
    {"\xef\xbb\xbf[default]\na = 1\n", "[profile default]|a=1", ""},
    {"[default]\n# x = 1\n  # y = 2\nz = 3\n", "[profile default]|z=3", ""},

    /* What not all of them read. */
    {"[profile a]\nx = 1 ; four # five\n", "[profile a]|x=1",
     ":2:7: some SDKs take this comment as a part of the value"},
    {"[profile a]\nx = 1 ;\n", "[profile a]|x=1", ":2:7: some SDKs take this comment"},
    {"[profile a]\nz = # 3\n", "[profile a]|z=", ":2:5: some SDKs take this comment"},
    {"[default]\na = 1\n[profile default]\nb = 2\n", "[profile default]|a=1|[profile default]|b=2",
     ":3:2: [profile default] replaces [default]"},
    {"[profile default]\nb = 2\n[default]\na = 1\n", "[profile default]|b=2|[other ]|a=1",
     ":3:2: [profile default] replaces"},
    {"[profile foo\nname = value\n", "[profile foo]|name=value",
     ":1:13: the section's name has no"},
    {"[profile foo # x\n", "[profile foo]", ":1:13: the section's name has no"},
    {"[profile foo] bar\n", "[profile foo]", ":1:15: nothing but a comment may follow"},
    {"[default]\na : 1\n", "[profile default]|a=1", ":2:3: some SDKs do not read \":\" here"},
    {"[default]\n  a = 1\n  b = 2\n", "[profile default]|a=1|b=2",
     ":2:3: most SDKs do not read an indented key"},

    /* What none of them reads, or not as it was meant. */
    {"name = value\n", "", ":1:1: this line is not used: it is not in a section"},
    {" -continued", "", ":1:2: this line is not used: it is not in a section"},
    {"[profile foo]\n= value\n", "[profile foo]", ":2:1: this line is not used: it is not KEY"},
    {"[profile foo]\nvalue\n", "[profile foo]", ":2:1: this line is not used: it is not KEY"},
    {"[profile foo]\n -continued\n", "[profile foo]", ":2:2: this line is not used: it is not KEY"},
    {"[profile foo]\na = 1\n b = 2\n", "[profile foo]|a=1",
     ":3:2: this line is indented and so belongs to the key above"},
    {"[profile foo]\na =\n b\n",
     "[profile foo]|a=", ":3:2: this line is indented and so belongs to the key above"},
    {"[profile foo]\na = 1\n [profile bar]\nb = 2\n", "[profile foo]|a=1|b=2",
     ":3:2: this line is indented"},
    {"[profile foo]\nx = 1\n[profile foo]\n -continued", "[profile foo]|x=1|[profile foo]",
     ":4:2: this line is not used"},
    {"[foo]\nname = value\n", "[other ]|name=value",
     ":1:2: AWS's SDKs do not know this section; a profile is [profile NAME]"},
    {"[profilefoo]\n", "[other ]", ":1:2: AWS's SDKs do not know this section"},
    {"[profile]\n", "[other ]", ":1:2: AWS's SDKs do not know this section"},
    {"[sso-sesion foo]\n", "[other foo]", ":1:2: AWS's SDKs do not know this section"},
    {"[]\n", "[other ]", ":1:2: AWS's SDKs do not know this section"},
    {"[default]\na = 1\xc2\xa0\n", "[profile default]|a=1\xc2\xa0",
     ":2:6: here is a character that one does not see (U+00A0)"},
    {"[default]\n\xe2\x80\x8b"
     "a = 1\n",
     "[profile default]|\xe2\x80\x8b"
     "a=1",
     ":2:1: here is a character that one does not see (U+200B)"},
    {"# caf\xe9\n[default]\n", "[profile default]", ":1:6: this byte is not UTF-8"},
    {"[default]\na = 1\r b = 2\n", "[profile default]|a=1\r b = 2",
     ":2:6: here is a character that one does not see (U+000D)"},
};

static void the_config_file(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof config_cases / sizeof config_cases[0]; i++)
        check_case(SHARED_CONFIG_FILE, i, str_from(config_cases[i].text), config_cases[i].expected,
                   config_cases[i].warning);
}

static const struct syntax_case credentials_cases[] = {
    {"[default]\na = 1\n[foo]\nb = 2\n", "[profile default]|a=1|[profile foo]|b=2", ""},
    {"[   foo    ]\n", "[profile foo]", ""},
    {"[two words]\n", "[profile two words]", ""},
    {"[sso-sessionfoo]\n", "[profile sso-sessionfoo]", ""},
    {"[profile foo]\na = 1\n", "[other foo]|a=1",
     ":1:2: this section counts in the config file only; here, a profile is [NAME]"},
    {"[services foo]\n", "[other foo]", ":1:2: this section counts in the config file only"},
    {"[sso-session foo]\n", "[other foo]", ":1:2: this section counts in the config file only"},
};

static void the_credentials_file(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof credentials_cases / sizeof credentials_cases[0]; i++)
        check_case(SHARED_CREDENTIALS_FILE, i, str_from(credentials_cases[i].text),
                   credentials_cases[i].expected, credentials_cases[i].warning);
}

static void a_nul_byte_is_said(void **state)
{
    (void)state;
    check_case(SHARED_CONFIG_FILE, 900, STR("[default]\na = 1\0002\n"), "[profile default]|a=1",
               ":2:6: here is a character that one does not see (U+0000)");
}

static void utf_16_is_refused_and_named(void **state)
{
    (void)state;
    static const struct str texts[] = {STR("\xff\xfe[\0d\0"), STR("\xfe\xff\0[\0d"), STR("[\0d\0"),
                                       STR("\0[\0d"), STR("\xff\xfe")};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct shared_file file = {SHARED_CONFIG_FILE, "/x/config", texts[i]};
        struct error error = {0};
        assert_false(shared_file_check(&file, &error));
        assert_int_equal(error.kind, ERROR_CONFIGURATION);
        assert_string_equal(error.message, "/x/config is UTF-16 text, which no AWS SDK reads");
        assert_non_null(strstr(error.advice, "UTF-8"));
    }
    static const struct str others[] = {STR(""), STR("["), STR("[x"), STR("\xef\xbb\xbf[x]")};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const struct shared_file file = {SHARED_CONFIG_FILE, "/x/config", others[i]};
        struct error error = {0};
        assert_true(shared_file_check(&file, &error));
    }
}

static void a_file_full_of_faults_ends_in_one_sentence(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(4096);
    BUF_AUTO struct buf dump = BUF(4096);
    BUF_AUTO struct buf log = BUF(64 * 1024);
    for (unsigned i = 0; i < 3 * LIMIT_SHARED_FILE_WARNINGS; i++)
        buf_append_text(&text, "x = 1\n");
    const struct shared_file file = {SHARED_CONFIG_FILE, "/full", buf_str(&text)};
    capture_log(&log);
    dump_file(&file, &dump);
    assert_logged(&log, "WARN /full:20:1: this line is not used");
    assert_logged(&log, "WARN /full:21:1: from here on, there is more");
    assert_not_logged(&log, "/full:22:");
    release_log();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_config_file),
        cmocka_unit_test(the_credentials_file),
        cmocka_unit_test(a_nul_byte_is_said),
        cmocka_unit_test(utf_16_is_refused_and_named),
        cmocka_unit_test(a_file_full_of_faults_ends_in_one_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
