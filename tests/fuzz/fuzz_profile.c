/* Any text is a shared file: what it says lies in it, without white space around, each line comes
 * from its place, and the credentials file comes before the config file. */
#include "aws/credentials/profile.h"

#include "base/log.h"

#include <stdlib.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_name(struct str part, struct str text)
{
    require(part.length == 0 ||
            (part.data >= text.data && part.data + part.length <= text.data + text.length));
    require(!str_holds(part, '\n'));
}

static void check_part(struct str part, struct str text)
{
    check_name(part, text);
    require(str_trim(part).length == part.length);
}

static void check_lines(const struct shared_file *file)
{
    struct shared_reader reader;
    struct shared_line line;
    uint32_t last = 0;
    shared_reader_start(&reader, file);
    while (shared_reader_next(&reader, &line)) {
        check_name(line.name, file->text); /* in quotes, it may begin with a blank */
        check_part(line.parent, file->text);
        check_part(line.key, file->text);
        check_part(line.value, file->text);
        require(line.place.line > last && line.place.column > 0);
        require(line.key.length > 0 || line.parent.length == 0);
        require(line.key.length == 0 || line.section != SECTION_NONE);
        last = line.place.line;
    }
}

static void check_profile(const struct shared_file files[SHARED_FILES], const char *name)
{
    struct profile profile;
    struct profile_value value;
    profile_read(files, str_from(name), &profile);
    for (size_t i = 0; i < PROFILE_KEYS; i++) {
        require(profile.found || profile.values[i].text.length == 0);
        require(!str_holds(profile.values[i].text, '\n'));
    }
    services_endpoint(&files[SHARED_CONFIG_FILE], str_from(name), "acm", &value);
    require(!str_holds(value.text, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_bytes(data, size);
    struct shared_file files[SHARED_FILES] = {
        {SHARED_CREDENTIALS_FILE, "credentials", text},
        {SHARED_CONFIG_FILE, "config", text},
    };
    struct error error;
    struct profile both;
    struct profile first;
    log_set_level(LOG_LEVEL_NONE);
    for (size_t i = 0; i < SHARED_FILES; i++) {
        shared_file_check(&files[i], &error);
        check_lines(&files[i]);
    }
    check_profile(files, "default");
    check_profile(files, "box");
    profile_read(files, STR("default"), &both);
    files[SHARED_CONFIG_FILE].text = STR("");
    profile_read(files, STR("default"), &first);
    require(both.found >= first.found);
    for (size_t i = 0; i < PROFILE_KEYS; i++)
        require(first.values[i].text.length == 0 ||
                both.values[i].text.data == first.values[i].text.data);
    return 0;
}
