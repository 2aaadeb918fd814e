/* Any request is signed in canonical form, or refused. Lines of the input: path, query, then
 * headers; the rest behind an empty line is the body. */
#include "aws/sigv4_internal.h"
#include "crypto/crypto.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 128 * 1024 };

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libFuzzer's. */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    require(crypto_start());
    return 0;
}

static struct str line_of(struct str canonical, unsigned number)
{
    struct str line = STR("");
    for (unsigned i = 0; i <= number; i++)
        require(str_next(&canonical, '\n', &line));
    return line;
}

static bool is_encoded(struct str text, struct str besides)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '%') {
            require(i + 2 < text.length);
            i += 2;
        } else if (!is_alphanumeric(text.data[i]) && !str_holds(STR("-_.~"), text.data[i]) &&
                   !str_holds(besides, text.data[i])) {
            return false;
        }
    }
    return true;
}

/* The canonical query of a canonical query is itself. */
static void check_query(struct str query)
{
    BUF_AUTO struct buf again = BUF(LARGEST);
    require(is_encoded(query, STR("&=")));
    require(canonical_append_query(query, &again));
    require(str_equal(buf_str(&again), query));
}

static void check(const struct sigv4_request *request)
{
    BUF_AUTO struct buf canonical = BUF(LARGEST);
    BUF_AUTO struct buf authorization = BUF(LARGEST);
    const struct sigv4_scope scope = {STR("AKIDEXAMPLE"), STR("secret"), STR("eu-west-1"),
                                      STR("sts"),         1440938160,    NULL};
    if (!sigv4_canonical_request(request, &canonical))
        return;
    struct str path = line_of(buf_str(&canonical), 1);
    require(path.length > 0 && is_encoded(path, STR("/")));
    if (request->normalise_path)
        require(path.data[0] == '/' && str_search(path, STR("//")) == path.length &&
                str_search(path, STR("/../")) == path.length);
    require(str_equal(line_of(buf_str(&canonical), 2), request->query));
    require(sigv4_authorization(request, &scope, &authorization));
    size_t place = str_search(buf_str(&authorization), STR(", Signature="));
    require(authorization.length == place + strlen(", Signature=") + SHA256_HEX_SIZE - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BUF_AUTO struct buf query = BUF(LARGEST);
    struct str rest = str_bytes(data, size);
    struct str line;
    struct sigv4_header headers[SIGV4_MOST_HEADERS + 1];
    struct sigv4_request request = {.method = STR("POST"), .headers = headers};
    if (!str_next_line(&rest, &request.path) || !str_next_line(&rest, &line) ||
        !canonical_append_query(line, &query))
        return 0;
    check_query(buf_str(&query));
    request.query = buf_str(&query);
    while (request.header_count <= SIGV4_MOST_HEADERS && str_next_line(&rest, &line) &&
           line.length > 0) {
        size_t colon = str_index_of(line, ':');
        headers[request.header_count++] =
            (struct sigv4_header){str_take(line, colon), str_skip(line, colon + 1)};
    }
    request.body = rest;
    check(&request);
    request.normalise_path = true;
    check(&request);
    return 0;
}
