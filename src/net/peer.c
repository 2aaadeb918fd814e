#include "net/peer.h"

#include "base/clock.h"
#include "base/format.h"
#include "base/log.h"
#include "net/address.h"

#include <string.h>

/* The type of a common name (RFC 5280 §A.1: id-at-commonName). */
#define OID_COMMON_NAME STR("\x55\x04\x03")

static struct str text_of(const mbedtls_asn1_buf *buf)
{
    return str_bytes(buf->p, buf->len);
}

static bool is_self_issued(const mbedtls_x509_crt *certificate)
{
    return str_equal(text_of(&certificate->issuer_raw), text_of(&certificate->subject_raw));
}

/* --- names ------------------------------------------------------------------------------------ */

static int kind_of_name(const mbedtls_x509_sequence *name)
{
    return name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
}

/* The library compares DNS names itself; an address is not told to it, since it would be sent as
 * server name, which RFC 6066 §3 forbids. */
static bool names_host(const mbedtls_x509_crt *certificate, const char *host)
{
    uint8_t address[ADDRESS_V6_SIZE];
    size_t length = address_parse(host, address);
    if (length == 0)
        return certificate->subject_alt_names.buf.p != NULL;
    const mbedtls_x509_sequence *name = &certificate->subject_alt_names;
    for (; name != NULL; name = name->next)
        if (kind_of_name(name) == MBEDTLS_X509_SAN_IP_ADDRESS &&
            str_equal(text_of(&name->buf), str_bytes(address, length)))
            return true;
    return false;
}

/* Writes the first few names that stand for hosts. */
static void list_names(const mbedtls_x509_crt *certificate, char out[REFUSAL_NAMES_SIZE])
{
    size_t length = 0;
    const mbedtls_x509_sequence *name = &certificate->subject_alt_names;
    for (; name != NULL; name = name->next) {
        char address[ADDRESS_TEXT_SIZE];
        struct str text = text_of(&name->buf);
        if (kind_of_name(name) == MBEDTLS_X509_SAN_IP_ADDRESS &&
            (text.length == ADDRESS_V4_SIZE || text.length == ADDRESS_V6_SIZE)) {
            address_format(name->buf.p, text.length, address);
            text = str_from(address);
        } else if (kind_of_name(name) != MBEDTLS_X509_SAN_DNS_NAME || text.length == 0) {
            continue;
        }
        length += format_text(out + length, REFUSAL_NAMES_SIZE - length, "%s%.*s",
                              length == 0 ? "" : ", ", (int)text.length, text.data);
    }
}

/* The common name, else the last part of the name. */
static struct str short_name(const mbedtls_x509_name *name)
{
    struct str best = STR("");
    for (; name != NULL; name = name->next) {
        best = text_of(&name->val);
        if (str_equal(text_of(&name->oid), OID_COMMON_NAME))
            break;
    }
    return best;
}

/* --- the verdict ------------------------------------------------------------------------------ */

static int64_t time_of(const mbedtls_x509_time *time)
{
    return clock_from_date((unsigned)time->year, (unsigned)time->mon, (unsigned)time->day,
                           (unsigned)time->hour, (unsigned)time->min, (unsigned)time->sec);
}

static unsigned reasons_of(uint32_t flags)
{
    static const struct {
        uint32_t flags;
        unsigned reason;
    } meanings[] = {
        {MBEDTLS_X509_BADCERT_EXPIRED, REFUSED_EXPIRED},
        {MBEDTLS_X509_BADCERT_FUTURE, REFUSED_NOT_YET_VALID},
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, REFUSED_WRONG_HOST},
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, REFUSED_UNTRUSTED},
        {MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY,
         REFUSED_WEAK},
        {MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, REFUSED_USAGE},
    };
    unsigned reasons = 0;
    if (flags == UINT32_MAX) /* the library gave up */
        return REFUSED_OTHER;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if ((flags & meanings[i].flags) != 0)
            reasons |= meanings[i].reason;
    return flags != 0 && reasons == 0 ? REFUSED_OTHER : reasons;
}

static void remember(struct refusal *refusal, const mbedtls_x509_crt *certificate, int depth,
                     uint32_t flags)
{
    unsigned reasons = reasons_of(flags);
    refusal->reasons |= reasons;
    if ((reasons & REFUSED_NOT_YET_VALID) != 0)
        refusal->not_before = time_of(&certificate->valid_from);
    if ((reasons & REFUSED_EXPIRED) != 0)
        refusal->not_after = time_of(&certificate->valid_to);
    if ((reasons & REFUSED_WRONG_HOST) != 0)
        list_names(certificate, refusal->names);
    if ((reasons & REFUSED_UNTRUSTED) != 0) {
        struct str issuer = short_name(&certificate->issuer);
        refusal->self_signed = depth == 0 && is_self_issued(certificate);
        format_text(refusal->issuer, sizeof refusal->issuer, "%.*s", (int)issuer.length,
                    issuer.data);
    }
}

/* What the server showed, for whoever looks why it is not trusted. */
static void log_shown(const struct peer *peer, const mbedtls_x509_crt *certificate)
{
    char until[CLOCK_ISO8601_SIZE];
    struct str subject = short_name(&certificate->subject);
    struct str issuer = short_name(&certificate->issuer);
    clock_format_iso8601(time_of(&certificate->valid_to), until);
    log_debug("%s shows \"%.*s\", issued by \"%.*s\", valid until %s", peer->host,
              (int)subject.length, subject.data, (int)issuer.length, issuer.data, until);
}

/* The library asks the system's clock, if it was built to ask any; the agent has one clock for all
 * that it judges. */
static void judge_validity(const mbedtls_x509_crt *certificate, uint32_t *flags)
{
    int64_t now = clock_now();
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (now > time_of(&certificate->valid_to))
        *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    if (now < time_of(&certificate->valid_from))
        *flags |= MBEDTLS_X509_BADCERT_FUTURE;
}

int peer_judge(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    struct peer *peer = context;
    log_shown(peer, certificate);
    judge_validity(certificate, flags);
    if (depth == 0) {
        peer->was_judged = true;
        if (!names_host(certificate, peer->host))
            *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    remember(&peer->refusal, certificate, depth, *flags);
    return 0;
}

void peer_add_flags(struct peer *peer, uint32_t flags)
{
    peer->refusal.reasons |= reasons_of(flags);
}
