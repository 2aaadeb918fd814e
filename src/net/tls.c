#include "net/tls.h"

#include "base/format.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/mbedtls_version.h"
#include "net/peer.h"
#include "net/sessions.h"
#include "net/socket.h"
#include "net/trust.h"
#include "net/url.h"

#include <errno.h>
#include <mbedtls/ssl.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUFFER_SIZE = 4096, /* bytes: a flight of either side fits, and needs one system call */
    TRANSPORT_FAILED = MBEDTLS_ERR_SSL_TIMEOUT, /* of our callbacks; transport_errno tells why */
};

struct tls_context {
    mbedtls_ssl_config config;
    struct trust trust;
    struct sessions sessions;
    bool verification_disabled;
};

struct tls {
    mbedtls_ssl_context ssl;
    struct tls_context *context;
    struct peer peer;
    int socket;
    struct tls *below;        /* carries this connection instead of the socket; or NULL */
    struct deadline deadline; /* of the current call */
    int transport_errno;      /* of the socket call that failed, else 0 */
    bool has_session;         /* tls_close stores it */
    bool is_over;             /* the stream has ended or failed: tls_close sends nothing */
    char host[URL_HOST_SIZE];
    size_t in_start;
    size_t in_end;
    size_t out_length;
    uint8_t in[BUFFER_SIZE];
    uint8_t out[BUFFER_SIZE];
};

/* Remembers why a call of the connection below failed. */
static void note_failure_below(struct tls *tls, const struct error *error)
{
    int number = tls->below->transport_errno;
    log_debug("%s, within TLS with %s: %s", tls->host, tls->below->host, error->message);
    tls->transport_errno = number != 0 ? number : EPROTO;
}

static bool send_now(struct tls *tls, struct str bytes)
{
    struct error error;
    if (tls->transport_errno != 0)
        return false;
    if (tls->below == NULL && !socket_send(tls->socket, bytes, tls->deadline))
        tls->transport_errno = errno;
    if (tls->below != NULL && !tls_write(tls->below, bytes, tls->deadline, &error))
        note_failure_below(tls, &error);
    return tls->transport_errno == 0;
}

static bool flush_output(struct tls *tls)
{
    struct str pending = str_bytes(tls->out, tls->out_length);
    tls->out_length = 0;
    return send_now(tls, pending);
}

/* The library sends by this function. Collects bytes until the library next receives, so that each
 * flight leaves in one segment, and the first request together with the end of the handshake. */
static int send_callback(void *context, const unsigned char *bytes, size_t size)
{
    struct tls *tls = context;
    if (size > sizeof tls->out - tls->out_length && !flush_output(tls))
        return TRANSPORT_FAILED;
    if (size > sizeof tls->out)
        return send_now(tls, str_bytes(bytes, size)) ? (int)size : TRANSPORT_FAILED;
    memcpy(tls->out + tls->out_length, bytes, size);
    tls->out_length += size;
    return (int)size;
}

static ssize_t receive_bytes(struct tls *tls, void *out, size_t size)
{
    struct error error;
    bool clean = false;
    ssize_t got = -1;
    if (!flush_output(tls))
        return -1;
    if (tls->below != NULL) {
        got = tls_read(tls->below, out, size, tls->deadline, &clean, &error);
        if (got < 0)
            note_failure_below(tls, &error);
    } else {
        got = socket_receive(tls->socket, out, size, tls->deadline);
        if (got < 0)
            tls->transport_errno = errno;
    }
    return got;
}

/* The library receives by this function. Reads ahead, unless the library wants as much as the
 * buffer holds: then the bytes go directly into the memory of the library. */
static int receive_callback(void *context, unsigned char *out, size_t size)
{
    struct tls *tls = context;
    if (tls->in_start == tls->in_end) {
        bool direct = size >= sizeof tls->in;
        ssize_t got = receive_bytes(tls, direct ? out : tls->in, direct ? size : sizeof tls->in);
        if (got <= 0 || direct)
            return got < 0 ? TRANSPORT_FAILED : (int)got;
        tls->in_start = 0;
        tls->in_end = (size_t)got;
    }
    size_t count = tls->in_end - tls->in_start;
    if (count > size)
        count = size;
    memcpy(out, tls->in + tls->in_start, count);
    tls->in_start += count;
    return (int)count;
}

static void configure_client(struct tls_context *context)
{
    /* X25519 comes first: it costs a tenth of P-256. */
    static const uint16_t groups[] = {
        MBEDTLS_SSL_IANA_TLS_GROUP_X25519,    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
        MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
        MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
    };
    /* All have forward secrecy and AEAD. AES-128 comes first, since it needs no SHA-384. Builds
     * without ChaCha20 do not offer it (third_party/mbedtls/config.h). */
    static const int ciphers[] = {
        MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
        MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
        MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        0,
    };
    mbedtls_ssl_config *config = &context->config;
    library_use_random(config);
    library_signal_tickets(config);
    mbedtls_ssl_conf_groups(config, groups);
    mbedtls_ssl_conf_ciphersuites(config, ciphers);
    mbedtls_ssl_conf_ca_chain(config, &context->trust.anchors, NULL);
}

struct tls_context *tls_context_new(struct str ca_pem, struct error *error)
{
    struct tls_context *context = calloc(1, sizeof *context);
    if (context == NULL) {
        error_no_memory(error);
        return NULL;
    }
    mbedtls_ssl_config_init(&context->config);
    sessions_init(&context->sessions);
    bool done = trust_load(&context->trust, ca_pem, error);
    if (done &&
        mbedtls_ssl_config_defaults(&context->config, MBEDTLS_SSL_IS_CLIENT,
                                    MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0)
        done = error_no_memory(error);
    if (!done) {
        tls_context_free(context);
        return NULL;
    }
    configure_client(context);
    return context;
}

void tls_context_disable_verification(struct tls_context *context)
{
    context->verification_disabled = true;
    mbedtls_ssl_conf_authmode(&context->config, MBEDTLS_SSL_VERIFY_NONE);
}

void tls_context_free(struct tls_context *context)
{
    if (context == NULL)
        return;
    sessions_free(&context->sessions);
    mbedtls_ssl_config_free(&context->config);
    trust_free(&context->trust);
    free(context);
}

/* Returns the number of the fatal alert (RFC 8446 §6) that the last bytes of the server form, or 0.
 * The library does not tell it. Alerts that reject our offer are not encrypted yet. */
static unsigned last_alert(const struct tls *tls)
{
    enum { ALERT = 21, FATAL = 2, RECORD_SIZE = 7 };
    if (tls->in_start < RECORD_SIZE)
        return 0;
    const uint8_t *record = tls->in + tls->in_start - RECORD_SIZE;
    bool plain = record[0] == ALERT && record[3] == 0 && record[4] == 2 && record[5] == FATAL;
    return plain ? record[6] : 0;
}

/* Sets an error that explains error code `code` of the library; the caller adds the host. Always
 * returns false. */
static bool explain_failure(const struct tls *tls, int code, struct error *error)
{
    if (tls->transport_errno != 0)
        return socket_failed("the TLS connection failed", tls->transport_errno, error);
    if (library_lacks_memory(code))
        return error_no_memory(error);
    switch (code) {
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        return refusal_explain_alert(last_alert(tls), error);
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
    case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE:
        return refusal_explain_alert(MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE, error);
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        error_set(error, ERROR_TRANSIENT, "the server closed the TLS connection");
        break;
    default:
        error_set(error, ERROR_TRANSIENT, "the TLS connection failed (Mbed TLS: -0x%04x)",
                  (unsigned)-code);
        break;
    }
    return error_advise(error, "the call is retried; if this persists, check the server and "
                               "anything in front of it");
}

static void explain_handshake_failure(struct tls *tls, int code, struct error *error)
{
    if (code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || code == MBEDTLS_ERR_SSL_BAD_CERTIFICATE)
        peer_add_flags(&tls->peer, mbedtls_ssl_get_verify_result(&tls->ssl));
    if (tls->transport_errno == 0 && tls->peer.refusal.reasons != 0) {
        refusal_explain(&tls->peer.refusal, tls->host, clock_now(), error);
        return;
    }
    if (tls->transport_errno == 0 && library_cannot_read(code))
        refusal_explain_unreadable(library_misses_extension(code), code, error);
    else if (tls->transport_errno == 0 && code == MBEDTLS_ERR_SSL_INVALID_RECORD)
        error_refuse(error, ERROR_PERMANENT, "check the port, or begin the URL with http://",
                     "the server does not speak TLS on this port");
    else
        explain_failure(tls, code, error);
    error_context(error, "%s", tls->host);
}

static struct tls *tls_new(struct tls_context *context, int socket, struct tls *below,
                           const char *host)
{
    struct tls *tls = strlen(host) < URL_HOST_SIZE ? calloc(1, sizeof *tls) : NULL;
    if (tls == NULL)
        return NULL;
    format_text(tls->host, sizeof tls->host, "%s", host);
    tls->context = context;
    tls->socket = socket;
    tls->below = below;
    tls->peer = (struct peer){.host = tls->host};
    mbedtls_ssl_init(&tls->ssl);
    return tls;
}

static void tls_free(struct tls *tls)
{
    mbedtls_ssl_free(&tls->ssl);
    free(tls);
}

static int run_handshake(struct tls *tls, const mbedtls_ssl_session *stored)
{
    /* RFC 6066 §3: an IP address is not sent as server name. peer_verify checks it. */
    const char *name = url_host_is_address(tls->host) ? NULL : tls->host;
    int code = mbedtls_ssl_setup(&tls->ssl, &tls->context->config);
    if (code == 0)
        code = mbedtls_ssl_set_hostname(&tls->ssl, name);
    if (code == 0 && stored != NULL)
        code = mbedtls_ssl_set_session(&tls->ssl, stored);
    mbedtls_ssl_set_verify(&tls->ssl, peer_verify, &tls->peer);
    mbedtls_ssl_set_bio(&tls->ssl, tls, send_callback, receive_callback, NULL);
    if (code == 0)
        code = mbedtls_ssl_handshake(&tls->ssl);
    if (code == 0 && !tls->peer.leaf_checked && stored == NULL &&
        !tls->context->verification_disabled)
        code = MBEDTLS_ERR_SSL_BAD_CERTIFICATE;
    return code;
}

struct tls *tls_connect(struct tls_context *context, int socket, struct tls *below,
                        const char *host, struct deadline deadline, struct error *error)
{
    struct tls *tls = tls_new(context, socket, below, host);
    if (tls == NULL) {
        error_no_memory(error);
        return NULL;
    }
    const mbedtls_ssl_session *stored = sessions_find(&context->sessions, host);
    tls->deadline = deadline_earlier(deadline, deadline_in(LIMIT_HANDSHAKE_MS));
    int code = run_handshake(tls, stored);
    if (code == 0) {
        log_debug("%s with %s, %s", mbedtls_ssl_get_version(&tls->ssl), host,
                  tls_is_resumed(tls) ? "resumed" : "full handshake");
        tls->has_session = !context->verification_disabled &&
                           mbedtls_ssl_get_version_number(&tls->ssl) == MBEDTLS_SSL_VERSION_TLS1_2;
        return tls;
    }
    explain_handshake_failure(tls, code, error);
    flush_output(tls); /* sends the alert */
    sessions_drop(&context->sessions, host);
    tls_free(tls);
    return NULL;
}

bool tls_is_resumed(const struct tls *tls)
{
    return !tls->peer.leaf_checked;
}

static bool may_carry_data(const struct tls *tls, struct error *error)
{
    return !tls->context->verification_disabled ||
           error_set(error, ERROR_INTERNAL, "a connection without verification carries no data");
}

bool tls_write(struct tls *tls, struct str bytes, struct deadline deadline, struct error *error)
{
    tls->deadline = deadline;
    if (!may_carry_data(tls, error))
        return false;
    while (bytes.length > 0) {
        int code = mbedtls_ssl_write(&tls->ssl, (const unsigned char *)bytes.data, bytes.length);
        if (code < 0) {
            tls->is_over = true;
            return explain_failure(tls, code, error);
        }
        bytes = str_skip(bytes, (size_t)code);
    }
    return flush_output(tls) || explain_failure(tls, TRANSPORT_FAILED, error);
}

ssize_t tls_read(struct tls *tls, void *out, size_t size, struct deadline deadline, bool *clean,
                 struct error *error)
{
    tls->deadline = deadline;
    while (may_carry_data(tls, error)) {
        int code = mbedtls_ssl_read(&tls->ssl, out, size);
        if (code > 0)
            return code;
        *clean = code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;
        if (code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
            tls->has_session = true;
        } else if (code != MBEDTLS_ERR_SSL_WANT_READ) {
            tls->is_over = true;
            if (code == 0 || *clean)
                return 0;
            tls->has_session = false;
            explain_failure(tls, code, error);
            return -1;
        }
    }
    return -1;
}

void tls_close(struct tls *tls)
{
    if (tls == NULL)
        return;
    if (tls->has_session)
        sessions_store(&tls->context->sessions, tls->host, &tls->ssl);
    tls->deadline = (struct deadline){0};
    if (!tls->is_over && mbedtls_ssl_close_notify(&tls->ssl) == 0)
        flush_output(tls);
    tls_free(tls);
}

struct str tls_peer_certificate(const struct tls *tls)
{
    const mbedtls_x509_crt *certificate = mbedtls_ssl_get_peer_cert(&tls->ssl);
    if (certificate == NULL)
        return (struct str){NULL, 0};
    return str_bytes(certificate->raw.p, certificate->raw.len);
}
