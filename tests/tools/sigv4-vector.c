/* Signs the raw HTTP request on its input, as the test suite of Signature Version 4 has it done,
 * and writes canonical request, string to sign, signature and the value of Authorization, each
 * ended by a NUL.
 *
 *     sigv4-vector access_key_id=… secret_access_key=… region=… service=… timestamp=… [token=…]
 * [normalize=1] [sign_body=1]
 *
 * X-Amz-Date is added to the request, X-Amz-Security-Token when there is a token, and
 * X-Amz-Content-Sha256 with sign_body. */
#include "aws/sigv4_internal.h"
#include "crypto/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_REQUEST = 64 * 1024 };

static struct str setting(char *const *arguments, const char *name)
{
    size_t length = strlen(name);
    for (; *arguments != NULL; arguments++)
        if (strncmp(*arguments, name, length) == 0 && (*arguments)[length] == '=')
            return str_from(*arguments + length + 1);
    return str_from(NULL);
}

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "sigv4-vector: %s\n", what);
    exit(EXIT_FAILURE);
}

static void add(struct sigv4_request *request, struct sigv4_header *headers, struct str name,
                struct str value)
{
    require(request->header_count < SIGV4_MOST_HEADERS, "too many headers");
    headers[request->header_count++] = (struct sigv4_header){name, value};
    request->headers = headers;
}

/* A line that begins with white space goes on with the value before it: both lie one behind the
 * other in the text. */
static void read_headers(struct str *text, struct sigv4_request *request,
                         struct sigv4_header *headers)
{
    struct str line;
    while (str_next_line(text, &line) && line.length > 0) {
        if (is_space(line.data[0])) {
            require(request->header_count > 0, "the first header begins with white space");
            struct str *value = &headers[request->header_count - 1].value;
            value->length = (size_t)(line.data + line.length - value->data);
            continue;
        }
        size_t colon = str_index_of(line, ':');
        add(request, headers, str_take(line, colon), str_skip(line, colon + 1));
    }
}

/* "METHOD TARGET HTTP/1.1": a target of the suite may hold spaces. The query is kept in `query`. */
static void read_request_line(struct str line, struct sigv4_request *request, struct buf *query)
{
    const struct str version = STR(" HTTP/1.1");
    size_t space = str_index_of(line, ' ');
    require(str_ends_with(line, version) && space < line.length, "no request line");
    struct str target = str_skip(str_take(line, line.length - version.length), space + 1);
    size_t question_mark = str_index_of(target, '?');
    request->method = str_take(line, space);
    request->path = str_take(target, question_mark);
    require(canonical_append_query(str_skip(target, question_mark + 1), query), "no query");
    request->query = buf_str(query);
}

static void write_part(struct str part)
{
    fwrite(part.data, 1, part.length, stdout);
    putchar('\0');
}

static void sign(const struct sigv4_request *request, const struct sigv4_scope *scope)
{
    BUF_AUTO struct buf canonical = BUF(LARGEST_REQUEST);
    BUF_AUTO struct buf to_sign = BUF(LARGEST_REQUEST);
    BUF_AUTO struct buf authorization = BUF(LARGEST_REQUEST);
    char signature[SHA256_HEX_SIZE];
    require(sigv4_canonical_request(request, &canonical), "no canonical request");
    require(sigv4_string_to_sign(scope, buf_str(&canonical), &to_sign), "no string to sign");
    sigv4_signature(scope, buf_str(&to_sign), signature);
    require(sigv4_authorization(request, scope, &authorization), "no authorization");
    write_part(buf_str(&canonical));
    write_part(buf_str(&to_sign));
    write_part(str_from(signature));
    write_part(buf_str(&authorization));
}

int main(int count, char **arguments)
{
    static char text[LARGEST_REQUEST];
    struct sigv4_header headers[SIGV4_MOST_HEADERS];
    struct str rest = str_bytes(text, fread(text, 1, sizeof text, stdin));
    struct sigv4_request request = {.normalise_path = setting(arguments, "normalize").length > 0};
    struct sigv4_scope scope = {
        .access_key_id = setting(arguments, "access_key_id"),
        .secret_access_key = setting(arguments, "secret_access_key"),
        .region = setting(arguments, "region"),
        .service = setting(arguments, "service"),
    };
    struct str line;
    struct str token = setting(arguments, "token");
    char date[CLOCK_COMPACT_SIZE];
    char body_hash[SHA256_HEX_SIZE];
    BUF_AUTO struct buf query = BUF(LARGEST_REQUEST);
    (void)count;
    require(crypto_start(), "no cryptography");
    require(clock_parse_iso8601(setting(arguments, "timestamp"), &scope.time), "no timestamp");
    require(str_next_line(&rest, &line), "no request");
    read_request_line(line, &request, &query);
    read_headers(&rest, &request, headers);
    request.body = rest;
    clock_format_compact(scope.time, date);
    add(&request, headers, STR("X-Amz-Date"), str_from(date));
    if (token.length > 0)
        add(&request, headers, STR("X-Amz-Security-Token"), token);
    sha256_hex(request.body, body_hash);
    if (setting(arguments, "sign_body").length > 0)
        add(&request, headers, STR("X-Amz-Content-Sha256"), str_from(body_hash));
    sign(&request, &scope);
    return EXIT_SUCCESS;
}
