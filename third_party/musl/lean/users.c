/* getpwnam(3) and getgrnam(3) over /etc/passwd and /etc/group alone. musl's own bring stdio's
 * files, and a client of nscd that a box has no server for: 6 KB. Members of groups are not listed.
 * A line longer than 511 bytes is cut: its first fields, which are all that counts here, still
 * serve. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 512, FIELDS_MAX = 7 };

struct entry {
    char line[LINE_SIZE];
    char *fields[FIELDS_MAX]; /* never NULL: missing ones are empty */
};

struct reader {
    int descriptor;
    size_t length, at;
    char bytes[1024];
};

static int next_byte(struct reader *reader)
{
    if (reader->at == reader->length) {
        ssize_t got;
        do
            got = read(reader->descriptor, reader->bytes, sizeof reader->bytes);
        while (got < 0 && errno == EINTR);
        if (got <= 0)
            return -1;
        reader->length = (size_t)got;
        reader->at = 0;
    }
    return (unsigned char)reader->bytes[reader->at++];
}

/* False at the end of the file. */
static bool read_line(struct reader *reader, char line[LINE_SIZE])
{
    size_t length = 0;
    int byte = next_byte(reader);
    if (byte < 0)
        return false;
    for (; byte >= 0 && byte != '\n'; byte = next_byte(reader))
        if (length < LINE_SIZE - 1)
            line[length++] = (char)byte;
    line[length] = '\0';
    return true;
}

static void split(struct entry *entry)
{
    char *at = entry->line;
    for (int i = 0; i < FIELDS_MAX; i++) {
        entry->fields[i] = at;
        at += strcspn(at, ":");
        if (*at == ':' && i < FIELDS_MAX - 1)
            *at++ = '\0';
    }
}

/* A user's or group's number: decimal digits and nothing else. */
static bool read_id(const char *text, uint32_t *id)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && value <= UINT32_MAX; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    *id = (uint32_t)value;
    return at != text && *at == '\0' && value <= UINT32_MAX;
}

static bool find(const char *path, const char *name, struct entry *entry)
{
    struct reader reader = {.descriptor = open(path, O_RDONLY | O_CLOEXEC)};
    bool found = false;
    while (reader.descriptor >= 0 && !found && read_line(&reader, entry->line)) {
        split(entry);
        found = *name != '\0' && strcmp(entry->fields[0], name) == 0;
    }
    if (reader.descriptor >= 0)
        close(reader.descriptor);
    return found;
}

struct passwd *getpwnam(const char *name)
{
    static struct entry entry;
    static struct passwd user;
    if (!find("/etc/passwd", name, &entry) || !read_id(entry.fields[2], &user.pw_uid) ||
        !read_id(entry.fields[3], &user.pw_gid))
        return NULL;
    user.pw_name = entry.fields[0];
    user.pw_passwd = entry.fields[1];
    user.pw_gecos = entry.fields[4];
    user.pw_dir = entry.fields[5];
    user.pw_shell = entry.fields[6];
    return &user;
}

struct group *getgrnam(const char *name)
{
    static struct entry entry;
    static struct group group;
    static char *no_members[1];
    if (!find("/etc/group", name, &entry) || !read_id(entry.fields[2], &group.gr_gid))
        return NULL;
    group.gr_name = entry.fields[0];
    group.gr_passwd = entry.fields[1];
    group.gr_mem = no_members;
    return &group;
}
