#include "command/permissions.h"

#include "base/format.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Appends the command with single spaces between its words, the form that sudo compares. */
static void append_command(struct str rest, struct buf *out)
{
    struct str word;
    bool alone = true;
    for (size_t words = 0; str_next(&rest, ' ', &word);) {
        if (word.length == 0)
            continue;
        if (words++ > 0) {
            buf_append_byte(out, ' ');
            alone = false;
        }
        for (size_t i = 0; i < word.length; i++) {
            if (word.data[i] ==
                '=') /* the only special character that a refresh command may have */
                buf_append_byte(out, '\\');
            buf_append_byte(out, word.data[i]);
        }
    }
    if (alone)
        buf_append_text(out, " \"\"");
    buf_append_byte(out, '\n');
}

void permissions_append_sudoers(const struct config *config, struct buf *out)
{
    buf_append_text(out, "# Made by wcp-tiny from its configuration.\n");
    for (size_t i = 0; i < config->certificate_count; i++) {
        size_t start = out->length;
        if (config->certificates[i].refresh_command == NULL)
            continue;
        buf_append_text(out, SERVICE_USER " ALL=(ALL) NOPASSWD: ");
        append_command(str_from(config->certificates[i].refresh_command), out);
        struct str rule = str_skip(buf_str(out), start);
        if (str_search(buf_str(out), rule) < start) /* rules end with a newline */
            out->length = start;
    }
}

static struct str parent_of(const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    return slash == NULL ? str_from(NULL)
                         : str_bytes(path, slash == path ? 1 : (size_t)(slash - path));
}

static int compare_bytes(struct str a, struct str b)
{
    int order = memcmp(a.data, b.data, a.length < b.length ? a.length : b.length);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* The smallest directory, compared bytewise, that is greater than `last`; empty: none. */
static struct str next_directory(const struct config *config, struct str last)
{
    struct str next = str_from(NULL);
    for (size_t i = 0; i < config->certificate_count; i++) {
        const struct certificate_config *certificate = &config->certificates[i];
        const char *const paths[] = {certificate->certificate_path, certificate->private_key_path,
                                     certificate->chain_path, certificate->combined_path};
        for (size_t j = 0; j < sizeof paths / sizeof paths[0]; j++) {
            struct str directory = parent_of(paths[j]);
            if (directory.length > 0 && (last.length == 0 || compare_bytes(directory, last) > 0) &&
                (next.length == 0 || compare_bytes(directory, next) < 0))
                next = directory;
        }
    }
    return next;
}

/* Appends a directory and a blank in systemd's syntax. systemd removes quotes and backslashes,
 * expands "%", and does not decode \x20 in these settings. */
static void append_directory(struct str directory, struct buf *out)
{
    bool quoted = !str_consists_of(directory, STR("/_-.,:+@=%"));
    if (quoted)
        buf_append_byte(out, '"');
    for (size_t i = 0; i < directory.length; i++) {
        char byte = directory.data[i];
        if (byte == '"' || byte == '\\' || byte == '%')
            buf_append_byte(out, byte == '%' ? '%' : '\\');
        buf_append_byte(out, byte);
    }
    if (quoted)
        buf_append_byte(out, '"');
    buf_append_byte(out, ' ');
}

/* The same with a "-" before a directory that does not exist, so that the service starts all the
 * same. */
static void append_if_there(struct str directory, struct buf *out)
{
    char path[PATH_MAX];
    format_text(path, sizeof path, "%.*s", (int)directory.length, directory.data);
    if (access(path, F_OK) != 0)
        buf_append_byte(out, '-');
    append_directory(directory, out);
}

void permissions_append_drop_in(const struct config *config, struct buf *out)
{
    struct str last = str_from(NULL);
    if (config->certificate_count > 0) {
        buf_append_text(out, "[Unit]\nRequiresMountsFor=");
        while ((last = next_directory(config, last)).length > 0)
            append_directory(last, out);
        buf_append_byte(out, '\n');
    }
    buf_append_text(out, "[Service]\nReadWriteDirectories=");
    while ((last = next_directory(config, last)).length > 0)
        append_if_there(last, out);
    if (config->log_directory != NULL && config->log_directory[0] == '/')
        append_if_there(str_from(config->log_directory), out);
    buf_append_text(out, SERVICE_HOME "/logs\n");
}
