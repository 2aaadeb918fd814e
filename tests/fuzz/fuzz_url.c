/* Any bytes are either a URL, which written out again is the same URL, or a configuration error
 * that shows no byte of them. */
#include "base/format.h"
#include "net/url.h"

#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_again(const struct url *url)
{
    char authority[URL_AUTHORITY_SIZE];
    char text[URL_AUTHORITY_SIZE + URL_PATH_SIZE + 16];
    struct url again;
    struct error error = {0};
    url_authority(url, authority);
    format_text(text, sizeof text, "%s://%s%s", url->tls ? "https" : "http", authority, url->path);
    require(url_parse(str_from(text), "it", &again, &error));
    require(again.tls == url->tls && again.port == url->port);
    require(strcmp(again.host, url->host) == 0 && strcmp(again.path, url->path) == 0);
    require(!url_host_is_loopback(url->host) || url_host_is_address(url->host) ||
            strcmp(url->host, "localhost") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct url url;
    struct error error = {0};
    if (url_parse(str_bytes(data, size), "it", &url, &error)) {
        require(url.host[0] != '\0' && url.path[0] == '/' && url.port > 0);
        check_again(&url);
    } else {
        require(error.kind == ERROR_CONFIGURATION);
        require(str_starts_with(str_from(error.message), STR("it is not a usable URL: ")));
    }
    return 0;
}
