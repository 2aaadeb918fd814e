#include "net/sessions.h"

#include "base/format.h"

#include <string.h>

void sessions_init(struct sessions *sessions)
{
    for (size_t i = 0; i < SESSIONS; i++)
        mbedtls_ssl_session_init(&sessions->list[i].session);
}

void sessions_free(struct sessions *sessions)
{
    for (size_t i = 0; i < SESSIONS; i++)
        mbedtls_ssl_session_free(&sessions->list[i].session);
}

/* Returns SESSIONS when there is none. */
static size_t place_of(const struct sessions *sessions, const char *host)
{
    size_t i = 0;
    while (i < SESSIONS && strcmp(sessions->list[i].host, host) != 0)
        i++;
    return i;
}

const mbedtls_ssl_session *sessions_find(const struct sessions *sessions, const char *host)
{
    size_t place = place_of(sessions, host);
    return place < SESSIONS ? &sessions->list[place].session : NULL;
}

static void clear_place(struct sessions *sessions, size_t place)
{
    mbedtls_ssl_session_free(&sessions->list[place].session);
    mbedtls_ssl_session_init(&sessions->list[place].session);
    sessions->list[place].host[0] = '\0';
}

void sessions_store(struct sessions *sessions, const char *host, const mbedtls_ssl_context *ssl)
{
    size_t place = place_of(sessions, host);
    if (place == SESSIONS)
        place = sessions->next++ % SESSIONS;
    clear_place(sessions, place);
    if (mbedtls_ssl_get_session(ssl, &sessions->list[place].session) == 0)
        format_text(sessions->list[place].host, URL_HOST_SIZE, "%s", host);
    else
        clear_place(sessions, place);
}

void sessions_drop(struct sessions *sessions, const char *host)
{
    size_t place = place_of(sessions, host);
    if (place < SESSIONS)
        clear_place(sessions, place);
}
