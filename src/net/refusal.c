#include "net/refusal.h"

#include "base/clock.h"
#include "base/format.h"
#include "base/log.h"

#include <string.h>

/* Appends a reason to the message. */
static void add_reason(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_reason(struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = strlen(error->message);
    bool first = str_ends_with(str_bytes(error->message, length), STR("refused"));
    length +=
        format_text(error->message + length, sizeof error->message - length, first ? ": " : "; ");
    format_text_va(error->message + length, sizeof error->message - length, format, arguments);
    va_end(arguments);
}

static void add_validity_reason(const struct refusal *refusal, int64_t now, struct error *error)
{
    char limit[CLOCK_ISO8601_SIZE];
    char clock[CLOCK_ISO8601_SIZE];
    bool early = (refusal->reasons & REFUSED_NOT_YET_VALID) != 0;
    clock_format_iso8601(early ? refusal->not_before : refusal->not_after, limit);
    clock_format_iso8601(now, clock);
    bool authority = refusal->ended_authority[0] != '\0';
    add_reason(error, "%s%s%s %s %s, and this machine's clock says %s",
               authority ? "the certificate of its authority \"" : "it", refusal->ended_authority,
               authority ? "\"" : "", early ? "is not valid before" : "expired on", limit, clock);
}

static void add_issuer_reason(const struct refusal *refusal, struct error *error)
{
    if (refusal->self_signed)
        add_reason(error, "it is self-signed (\"%s\") and not trusted", refusal->issuer);
    else
        add_reason(error, "its issuer \"%s\" is not trusted", refusal->issuer);
}

/* Returns the advice for the most important reason: the one that is likely to cause the others. */
static const char *advice_for(const struct refusal *refusal)
{
    unsigned reasons = refusal->reasons;
    const char *clock = refusal->ended_authority[0] != '\0'
                            ? "set this machine's clock (NTP); if it is correct, put the "
                              "authority's new certificate "
                              "into the CA bundle, or have the server send it"
                            : "set this machine's clock (NTP); if it is correct, the server needs "
                              "a new certificate";
    if ((reasons & REFUSED_NOT_YET_VALID) != 0)
        return clock;
    if ((reasons & REFUSED_UNTRUSTED) != 0)
        return "if a proxy or an authority of your own issued it, set edge.ca_bundle or "
               "AWS_CA_BUNDLE to a PEM file with the root certificate of that authority";
    if ((reasons & REFUSED_WRONG_HOST) != 0)
        return "check the host name of the endpoint and the address it resolves to";
    return (reasons & REFUSED_EXPIRED) != 0 ? clock : "the server needs a new certificate";
}

void refusal_explain(const struct refusal *refusal, const char *host, int64_t now,
                     struct error *error)
{
    unsigned reasons = refusal->reasons;
    bool clock_is_wrong = (reasons & REFUSED_NOT_YET_VALID) != 0 && !clock_is_plausible(now);
    error_set(error, clock_is_wrong ? ERROR_CLOCK : ERROR_PERMANENT,
              "the TLS certificate of %s is refused", host);
    if ((reasons & (REFUSED_NOT_YET_VALID | REFUSED_EXPIRED)) != 0)
        add_validity_reason(refusal, now, error);
    if ((reasons & REFUSED_WRONG_HOST) != 0)
        add_reason(error,
                   refusal->names[0] == '\0' ? "it names no host%s" : "it is for other names: %s",
                   refusal->names);
    if ((reasons & REFUSED_UNTRUSTED) != 0)
        add_issuer_reason(refusal, error);
    if ((reasons & REFUSED_WEAK) != 0)
        add_reason(error, "its key or a signature is too weak or not supported");
    if ((reasons & REFUSED_USAGE) != 0)
        add_reason(error, "its key usage does not permit TLS servers");
    if ((reasons & REFUSED_NAMES) != 0)
        add_reason(error, "the name constraints of its authority \"%s\" do not permit its names",
                   refusal->constrained_by);
    if ((reasons & REFUSED_CONSTRAINTS) != 0)
        add_reason(
            error,
            "the name constraints of its authority \"%s\" are damaged or of a kind that this "
            "program does not support",
            refusal->constrained_by);
    if ((reasons & REFUSED_OTHER) != 0)
        add_reason(error, "its chain cannot be verified");
    error_advise(error, "%s", advice_for(refusal));
    make_printable(error->message, strlen(error->message));
}

bool refusal_explain_unreadable(bool unknown_extension, int code, struct error *error)
{
    error_set(error, ERROR_PERMANENT,
              "a certificate of the server's chain is refused: it %s (Mbed TLS: -0x%04x)",
              unknown_extension ? "has a critical extension that this program does not know, such "
                                  "as name constraints in an intermediate certificate"
                                : "is damaged, or of a kind that this program does not support",
              (unsigned)-code);
    return error_advise(
        error, "%s",
        unknown_extension
            ? "name constraints are enforced if they are in a root of the CA bundle, or not "
              "critical; the server needs another chain"
            : "the server needs another certificate or chain: RSA, or EC on P-256, P-384 or P-521, "
              "and nothing else in it");
}

bool refusal_explain_alert(unsigned alert, struct error *error)
{
    enum {
        HANDSHAKE_FAILURE = 40,
        PROTOCOL_VERSION = 70,
        INSUFFICIENT_SECURITY = 71,
        UNRECOGNIZED_NAME = 112,
    };
    switch (alert) {
    case 0:
        return error_refuse(error, ERROR_TRANSIENT, "if this persists, check the log of the server",
                            "the server ended the TLS connection with a fatal alert");
    case HANDSHAKE_FAILURE:
    case PROTOCOL_VERSION:
    case INSUFFICIENT_SECURITY:
        return error_refuse(error, ERROR_PERMANENT,
                            "the server must speak TLS 1.2 or 1.3 with ECDHE and AES-GCM",
                            "the server has no TLS version and cipher in common with this agent");
    case UNRECOGNIZED_NAME:
        return error_refuse(error, ERROR_PERMANENT,
                            "check the host name of the endpoint and the address it resolves to",
                            "the server does not serve this host name");
    default:
        return error_refuse(error, ERROR_TRANSIENT, "if this persists, check the log of the server",
                            "the server ended the TLS connection with alert %u", alert);
    }
}
