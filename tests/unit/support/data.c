#include "data.h"

#include "base/file.h"
#include "base/format.h"
#include "crypto/hash.h"
#include "pki/pem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LARGEST_FILE = 64 * 1024 };

struct buf data_file(const char *name)
{
    char path[256];
    struct buf contents = BUF(LARGEST_FILE);
    struct error error;
    format_text(path, sizeof path, "tests/data/%s", name);
    if (!file_read(path, "test data", &contents, &error))
        fail_msg("%s", error.message);
    return contents;
}

struct buf data_der(const char *name)
{
    BUF_AUTO struct buf pem = data_file(name);
    struct buf der = BUF(LARGEST_FILE);
    struct str rest = buf_str(&pem);
    struct pem_block block;
    struct error error;
    if (!pem_next(&rest, &block, &error) || !pem_decode(&block, &der, &error))
        fail_msg("%s: %s", name, error.message);
    return der;
}

struct buf bytes_of_hex(const char *digits)
{
    struct buf bytes = BUF(LARGEST_FILE);
    for (; digits[0] != '\0' && digits[1] != '\0'; digits += 2) {
        const char pair[3] = {digits[0], digits[1], '\0'};
        buf_append_byte(&bytes, (char)strtoul(pair, NULL, 16));
    }
    return bytes;
}

void assert_hex(const uint8_t *bytes, size_t size, const char *expected)
{
    char actual[513];
    assert_true(size * 2 < sizeof actual);
    hex_encode(bytes, size, actual);
    assert_string_equal(actual, expected);
}

void assert_same_text(struct str actual, struct str expected)
{
    if (!str_equal(actual, expected))
        fail_msg("\"%.*s\" != \"%.*s\"", (int)actual.length, actual.data, (int)expected.length,
                 expected.data);
}

void assert_permanent(const struct error *error, const char *part)
{
    assert_int_equal(error->kind, ERROR_PERMANENT);
    if (strstr(error->message, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error->message, part);
}
