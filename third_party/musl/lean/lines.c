/* What the resolver reads its files with, in place of stdio: 1.4 KB. musl's FILE, on the caller's
 * stack, keeps the descriptor and the caller's buffer. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { AT_END = 16 };

struct reader {
    unsigned flags; /* at a FILE's beginning, and AT_END in it: musl looks at it as feof(3) does */
    int descriptor;
    unsigned char *bytes;
    size_t size, length, at;
};

_Static_assert(sizeof(struct reader) <= 128, "must fit into musl's FILE");

FILE *__fopen_rb_ca(const char *path, FILE *file, unsigned char *bytes, size_t size)
    __attribute__((visibility("hidden")));
int __fclose_ca(FILE *file) __attribute__((visibility("hidden")));

/* NOLINTNEXTLINE(readability-non-const-parameter): getc writes there */
FILE *__fopen_rb_ca(const char *path, FILE *file, unsigned char *bytes, size_t size)
{
    struct reader reader = {
        .descriptor = open(path, O_RDONLY | O_CLOEXEC), .bytes = bytes, .size = size};
    memcpy(file, &reader, sizeof reader);
    return reader.descriptor < 0 ? NULL : file;
}

int __fclose_ca(FILE *file)
{
    return close(((struct reader *)file)->descriptor);
}

int getc(FILE *file)
{
    struct reader *reader = (struct reader *)file;
    if (reader->at == reader->length) {
        ssize_t got = read(reader->descriptor, reader->bytes, reader->size);
        if (got <= 0) {
            reader->flags = AT_END;
            return EOF;
        }
        reader->at = 0;
        reader->length = (size_t)got;
    }
    return reader->bytes[reader->at++];
}

/* A line with its newline, or as much of it as fits; NULL when there is nothing left. */
char *fgets(char *restrict line, int size, FILE *restrict file)
{
    char *at = line;
    for (int byte = 0; byte != '\n' && at - line < size - 1; *at++ = (char)byte)
        if ((byte = getc(file)) == EOF)
            break;
    *at = '\0';
    return at == line ? NULL : line;
}
