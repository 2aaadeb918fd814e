/* Profiles in the shared credentials and config files. */
#include "aws/credentials/profile.h"

#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct profile read_of(const char *text, enum profile_file file, const char *name)
{
    struct profile profile = {0};
    profile_read(str_from(text), file, str_from(name), &profile);
    return profile;
}

static void assert_key(const char *text, enum profile_file file, const char *name, const char *key)
{
    struct profile profile = read_of(text, file, name);
    assert_true(profile.found);
    assert_same_text(profile.access_key_id, str_from(key));
}

static void every_value_of_a_profile_is_read(void **state)
{
    (void)state;
    struct profile profile = read_of("[default]\n"
                                     "aws_access_key_id = AKIDEXAMPLE\n"
                                     "aws_secret_access_key = a/b+c==\n"
                                     "aws_session_token=FQoG//=\n"
                                     "region\t=\teu-west-1\n"
                                     "credential_process = /opt/bin/creds --arg \"x y\"\n"
                                     "output = json\n",
                                     PROFILE_CREDENTIALS_FILE, "default");
    assert_true(profile.found);
    assert_same_text(profile.access_key_id, STR("AKIDEXAMPLE"));
    assert_same_text(profile.secret_access_key, STR("a/b+c=="));
    assert_same_text(profile.session_token, STR("FQoG//="));
    assert_same_text(profile.region, STR("eu-west-1"));
    assert_same_text(profile.credential_process, STR("/opt/bin/creds --arg \"x y\""));
}

static void only_the_wanted_profile_is_read(void **state)
{
    (void)state;
    static const char text[] = "aws_access_key_id = nobodys\n"
                               "[one]\naws_access_key_id = 1\n"
                               "[two]\naws_access_key_id = 2\n"
                               "[ three ]\naws_access_key_id = 3\n";
    assert_key(text, PROFILE_CREDENTIALS_FILE, "one", "1");
    assert_key(text, PROFILE_CREDENTIALS_FILE, "two", "2");
    assert_key(text, PROFILE_CREDENTIALS_FILE, "three", "3");
    assert_false(read_of(text, PROFILE_CREDENTIALS_FILE, "four").found);
    assert_false(read_of(text, PROFILE_CREDENTIALS_FILE, "ONE").found);
    assert_false(read_of(text, PROFILE_CREDENTIALS_FILE, "on").found);
    assert_false(read_of("", PROFILE_CREDENTIALS_FILE, "default").found);
    assert_true(read_of("[one]", PROFILE_CREDENTIALS_FILE, "one").found);
}

static void sections_of_the_config_file_carry_the_word_profile(void **state)
{
    (void)state;
    static const char text[] = "[one]\naws_access_key_id = plain\n"
                               "[profile one]\naws_access_key_id = 1\n"
                               "[profile\ttwo ]\naws_access_key_id = 2\n"
                               "[sso-session one]\naws_access_key_id = session\n"
                               "[profilethree]\naws_access_key_id = 3\n";
    assert_key(text, PROFILE_CONFIG_FILE, "one", "1");
    assert_key(text, PROFILE_CONFIG_FILE, "two", "2");
    assert_false(read_of(text, PROFILE_CONFIG_FILE, "three").found);
    assert_key(text, PROFILE_CREDENTIALS_FILE, "one", "plain");
    assert_false(read_of(text, PROFILE_CREDENTIALS_FILE, "two").found);
}

static void the_default_section_has_two_names_in_the_config_file(void **state)
{
    (void)state;
    assert_key("[default]\naws_access_key_id = 1\n", PROFILE_CONFIG_FILE, "default", "1");
    assert_key("[profile default]\naws_access_key_id = 2\n", PROFILE_CONFIG_FILE, "default", "2");
}

static void comments_and_empty_lines_are_passed_over(void **state)
{
    (void)state;
    static const char text[] = "# [default]\n; x\n\n[default] # mine\n"
                               "# aws_access_key_id = 1\n"
                               ";aws_access_key_id = 2\n"
                               "aws_access_key_id = 3 # inline\n"
                               "aws_secret_access_key = a#b;c ; inline\n"
                               "region = # nothing\n";
    struct profile profile = read_of(text, PROFILE_CREDENTIALS_FILE, "default");
    assert_same_text(profile.access_key_id, STR("3"));
    assert_same_text(profile.secret_access_key, STR("a#b;c"));
    assert_int_equal(profile.region.length, 0);
}

static void nested_properties_are_passed_over(void **state)
{
    (void)state;
    assert_key("[default]\naws_access_key_id = 1\ns3 =\n  aws_access_key_id = 2\n"
               "\taws_access_key_id = 3\n",
               PROFILE_CREDENTIALS_FILE, "default", "1");
}

static void names_of_properties_have_any_case_and_space_around(void **state)
{
    (void)state;
    assert_key("[default]\nAWS_Access_Key_ID   =   1   \n", PROFILE_CREDENTIALS_FILE, "default",
               "1");
    assert_key("[default]\naws_access_key_id=1", PROFILE_CREDENTIALS_FILE, "default", "1");
    assert_key("[default]\naws_access_key_id\n", PROFILE_CREDENTIALS_FILE, "default", "");
    assert_key("[default]\naws_access_key_ids = 1\n", PROFILE_CREDENTIALS_FILE, "default", "");
}

static void the_later_line_of_a_file_wins(void **state)
{
    (void)state;
    assert_key("[default]\naws_access_key_id = 1\naws_access_key_id = 2\n",
               PROFILE_CREDENTIALS_FILE, "default", "2");
    assert_key("[default]\naws_access_key_id = 1\n[x]\n[default]\naws_access_key_id = 2\n",
               PROFILE_CREDENTIALS_FILE, "default", "2");
}

static void the_file_that_is_read_first_wins(void **state)
{
    (void)state;
    struct profile profile = {0};
    profile_read(STR("[default]\naws_access_key_id = 1\n"), PROFILE_CREDENTIALS_FILE,
                 STR("default"), &profile);
    profile_read(STR("[default]\naws_access_key_id = 2\nregion = eu-west-1\n"), PROFILE_CONFIG_FILE,
                 STR("default"), &profile);
    assert_same_text(profile.access_key_id, STR("1"));
    assert_same_text(profile.region, STR("eu-west-1"));
    profile_read(STR(""), PROFILE_CONFIG_FILE, STR("default"), &profile);
    assert_true(profile.found);
}

static void files_from_other_systems_are_read(void **state)
{
    (void)state;
    assert_key("\xef\xbb\xbf[default]\r\naws_access_key_id = 1\r\n", PROFILE_CREDENTIALS_FILE,
               "default", "1");
    assert_key("[default\naws_access_key_id = 1\n", PROFILE_CREDENTIALS_FILE, "default", "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_of_a_profile_is_read),
        cmocka_unit_test(only_the_wanted_profile_is_read),
        cmocka_unit_test(sections_of_the_config_file_carry_the_word_profile),
        cmocka_unit_test(the_default_section_has_two_names_in_the_config_file),
        cmocka_unit_test(comments_and_empty_lines_are_passed_over),
        cmocka_unit_test(nested_properties_are_passed_over),
        cmocka_unit_test(names_of_properties_have_any_case_and_space_around),
        cmocka_unit_test(the_later_line_of_a_file_wins),
        cmocka_unit_test(the_file_that_is_read_first_wins),
        cmocka_unit_test(files_from_other_systems_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
