#include "net/refusal.h"

#include "base/clock.h"
#include "base/format.h"
#include "base/log.h"

#include <string.h>

/* Adds one reason to the sentence. */
static void say(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct error *error, const char *format, ...)
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

static void say_time(const struct refusal *refusal, int64_t now, struct error *error)
{
    char limit[CLOCK_ISO8601_SIZE];
    char clock[CLOCK_ISO8601_SIZE];
    bool early = (refusal->reasons & REFUSED_NOT_YET_VALID) != 0;
    clock_format_iso8601(early ? refusal->not_before : refusal->not_after, limit);
    clock_format_iso8601(now, clock);
    say(error, "it %s %s, and this machine's clock says %s",
        early ? "is not valid before" : "expired on", limit, clock);
}

static void say_issuer(const struct refusal *refusal, struct error *error)
{
    if (refusal->self_signed)
        say(error, "it is signed by itself (\"%s\") and not trusted", refusal->issuer);
    else
        say(error, "its issuer \"%s\" is not trusted", refusal->issuer);
}

/* What to do about the reason that most likely explains the others. */
static const char *advice_for(unsigned reasons)
{
    const char *clock =
        "set this machine's clock (NTP); if it is right, the server needs another certificate";
    if ((reasons & REFUSED_NOT_YET_VALID) != 0)
        return clock;
    if ((reasons & REFUSED_UNTRUSTED) != 0)
        return "if a proxy or an authority of your own issues certificates here, name a PEM file "
               "with its root in edge.ca_bundle or AWS_CA_BUNDLE";
    if ((reasons & REFUSED_WRONG_HOST) != 0)
        return "check the endpoint's name and which machine it leads to";
    return (reasons & REFUSED_EXPIRED) != 0 ? clock : "the server needs another certificate";
}

void refusal_explain(const struct refusal *refusal, const char *host, int64_t now,
                     struct error *error)
{
    unsigned reasons = refusal->reasons;
    bool clock_is_wrong = (reasons & REFUSED_NOT_YET_VALID) != 0 && !clock_is_plausible(now);
    error_set(error, clock_is_wrong ? ERROR_CLOCK : ERROR_PERMANENT,
              "the TLS certificate of %s is refused", host);
    if ((reasons & (REFUSED_NOT_YET_VALID | REFUSED_EXPIRED)) != 0)
        say_time(refusal, now, error);
    if ((reasons & REFUSED_WRONG_HOST) != 0)
        say(error, "it is for %s%s",
            refusal->names[0] == '\0' ? "no host" : "other names: ", refusal->names);
    if ((reasons & REFUSED_UNTRUSTED) != 0)
        say_issuer(refusal, error);
    if ((reasons & REFUSED_WEAK) != 0)
        say(error, "its key or a signature on it is too weak or not supported");
    if ((reasons & REFUSED_USAGE) != 0)
        say(error, "it is not made for servers");
    if ((reasons & REFUSED_OTHER) != 0)
        say(error, "its chain of issuers cannot be followed");
    error_advise(error, "%s", advice_for(reasons));
    make_printable(error->message, strlen(error->message));
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
        return error_refuse(error, ERROR_TRANSIENT, "look into the server's log if this stays",
                            "the server ended the TLS connection (fatal alert)");
    case HANDSHAKE_FAILURE:
    case PROTOCOL_VERSION:
    case INSUFFICIENT_SECURITY:
        return error_refuse(error, ERROR_PERMANENT,
                            "the server must speak TLS 1.2 or 1.3 with ECDHE and AES-GCM",
                            "the server has no TLS version and cipher in common with this agent");
    case UNRECOGNIZED_NAME:
        return error_refuse(error, ERROR_PERMANENT,
                            "check the endpoint's name and which machine it leads to",
                            "the server says that this is not its name");
    default:
        return error_refuse(error, ERROR_TRANSIENT, "look into the server's log if this stays",
                            "the server ended the TLS connection with alert %u", alert);
    }
}
