/* A text that is taken for a journal is, byte for byte, what the agent would have written; and a
 * name that is taken for a temporary file's is the one that the agent would have given. */
#include "base/format.h"
#include "base/limits.h"
#include "store/journal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_member(const struct journal_member *member, struct str text)
{
    require(strlen(member->hash) == SHA256_HEX_SIZE - 1);
    require(strspn(member->hash, "0123456789abcdef") == SHA256_HEX_SIZE - 1);
    require(member->path.data > text.data);
    require(member->path.data + member->path.length < text.data + text.length);
    require(member->path.length > 1 && member->path.data[0] == '/');
    for (size_t i = 0; i < member->path.length; i++)
        require((unsigned char)member->path.data[i] >= 0x20 && member->path.data[i] != 0x7f);
    require(member->old.kind < VERSION_OTHER);
    require(strlen(member->old.hash) ==
            (member->old.kind == VERSION_ABSENT ? 0 : SHA256_HEX_SIZE - 1));
}

static bool is_taken(struct str text)
{
    struct journal journal;
    struct error error = {0};
    BUF_AUTO struct buf again = BUF(text.length);
    if (!journal_parse(text, &journal, &error)) {
        require(error.kind == ERROR_PERMANENT);
        return false;
    }
    require(journal.count >= 1 && journal.count <= JOURNAL_MAX_MEMBERS);
    require(strlen(journal.generation) == GENERATION_SIZE - 1);
    require(journal.direction <= JOURNAL_BACK && journal.before <= BEFORE_UNSETTLED);
    require(journal.has_old_versions ||
            (journal.direction == JOURNAL_FORWARD && journal.before == BEFORE_DONE));
    for (size_t i = 0; i < journal.count; i++) {
        check_member(&journal.members[i], text);
        for (size_t earlier = 0; earlier < i; earlier++)
            require(!str_equal(journal.members[earlier].path, journal.members[i].path));
    }
    require(journal_write(&journal, &again));
    require(str_equal(buf_str(&again), text));
    return true;
}

/* The same text with the checksum that it lacks: else the fuzzer would not come far. */
static void check_sealed(struct str lines)
{
    BUF_AUTO struct buf text = BUF(lines.length + 2 * SHA256_HEX_SIZE);
    char checksum[SHA256_HEX_SIZE];
    sha256_hex(lines, checksum);
    buf_append(&text, lines);
    buf_format(&text, "end %s\n", checksum);
    require(!text.failed);
    is_taken(buf_str(&text));
}

static void check_name(struct str name)
{
    static const char target[] = "www.crt";
    char generation[GENERATION_SIZE];
    char with_new[NAME_MAX + 1];
    char with_old[NAME_MAX + 1];
    if (!temporary_name_parse(name, target, generation))
        return;
    require(temporary_name_is_likely(name));
    temporary_name(target, generation, TEMPORARY_NEW, with_new);
    temporary_name(target, generation, TEMPORARY_OLD, with_old);
    require(str_equal(str_from(with_new), name) || str_equal(str_from(with_old), name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_bytes(data, size);
    if (size > LIMIT_JOURNAL)
        return 0;
    if (!is_taken(text))
        check_sealed(text);
    check_name(text);
    return 0;
}
