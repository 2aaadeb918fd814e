#include "net/peer.h"

#include "base/clock.h"
#include "base/format.h"
#include "base/log.h"
#include "net/address.h"

#include <string.h>

/* The attribute type id-at-commonName (RFC 5280 §A.1). */
#define OID_COMMON_NAME STR("\x55\x04\x03")

static struct str str_of_asn1(const mbedtls_asn1_buf *buf)
{
    return str_bytes(buf->p, buf->len);
}

static bool is_self_issued(const mbedtls_x509_crt *certificate)
{
    return str_equal(str_of_asn1(&certificate->issuer_raw), str_of_asn1(&certificate->subject_raw));
}

/* --- names ------------------------------------------------------------------------------------ */

static int type_of_name(const mbedtls_x509_sequence *name)
{
    return name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
}

/* Compares IP addresses only: the library compares DNS names. It does not know an address, which it
 * would send as server name; RFC 6066 §3 forbids that. */
static bool certificate_names_host(const mbedtls_x509_crt *certificate, const char *host)
{
    uint8_t address[ADDRESS_V6_SIZE];
    size_t length = address_parse(host, address);
    if (length == 0)
        return certificate->subject_alt_names.buf.p != NULL;
    const mbedtls_x509_sequence *name = &certificate->subject_alt_names;
    for (; name != NULL; name = name->next)
        if (type_of_name(name) == MBEDTLS_X509_SAN_IP_ADDRESS &&
            str_equal(str_of_asn1(&name->buf), str_bytes(address, length)))
            return true;
    return false;
}

/* Writes the DNS names and IP addresses of the certificate, as many as fit. */
static void list_names(const mbedtls_x509_crt *certificate, char out[REFUSAL_NAMES_SIZE])
{
    size_t length = 0;
    const mbedtls_x509_sequence *name = &certificate->subject_alt_names;
    for (; name != NULL; name = name->next) {
        char address[ADDRESS_TEXT_SIZE];
        struct str text = str_of_asn1(&name->buf);
        if (type_of_name(name) == MBEDTLS_X509_SAN_IP_ADDRESS &&
            (text.length == ADDRESS_V4_SIZE || text.length == ADDRESS_V6_SIZE)) {
            address_format(name->buf.p, text.length, address);
            text = str_from(address);
        } else if (type_of_name(name) != MBEDTLS_X509_SAN_DNS_NAME || text.length == 0) {
            continue;
        }
        length += format_text(out + length, REFUSAL_NAMES_SIZE - length, "%s%.*s",
                              length == 0 ? "" : ", ", (int)text.length, text.data);
    }
}

/* Returns the common name, else the last attribute of the name. */
static struct str short_name(const mbedtls_x509_name *name)
{
    struct str best = STR("");
    for (; name != NULL; name = name->next) {
        best = str_of_asn1(&name->val);
        if (str_equal(str_of_asn1(&name->oid), OID_COMMON_NAME))
            break;
    }
    return best;
}

/* --- verification ----------------------------------------------------------------------------- */

static int64_t seconds_of_x509_time(const mbedtls_x509_time *time)
{
    return clock_from_date((unsigned)time->year, (unsigned)time->mon, (unsigned)time->day,
                           (unsigned)time->hour, (unsigned)time->min, (unsigned)time->sec);
}

static unsigned reasons_from_flags(uint32_t flags)
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
    if (flags == UINT32_MAX) /* the library could not verify the chain at all */
        return REFUSED_OTHER;
    flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_OTHER; /* peer_verify has recorded why it set this */
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if ((flags & meanings[i].flags) != 0)
            reasons |= meanings[i].reason;
    return flags != 0 && reasons == 0 ? REFUSED_OTHER : reasons;
}

static void record_reasons(struct refusal *refusal, const mbedtls_x509_crt *certificate, int depth,
                           uint32_t flags)
{
    unsigned reasons = reasons_from_flags(flags);
    refusal->reasons |= reasons;
    if ((reasons & REFUSED_NOT_YET_VALID) != 0)
        refusal->not_before = seconds_of_x509_time(&certificate->valid_from);
    if ((reasons & REFUSED_EXPIRED) != 0)
        refusal->not_after = seconds_of_x509_time(&certificate->valid_to);
    if ((reasons & (REFUSED_NOT_YET_VALID | REFUSED_EXPIRED)) != 0) {
        struct str authority = depth > 0 ? short_name(&certificate->subject) : STR("");
        format_text(refusal->ended_authority, sizeof refusal->ended_authority, "%.*s",
                    (int)authority.length, authority.data);
    }
    if ((reasons & REFUSED_WRONG_HOST) != 0)
        list_names(certificate, refusal->names);
    if ((reasons & REFUSED_UNTRUSTED) != 0) {
        struct str issuer = short_name(&certificate->issuer);
        refusal->self_signed = depth == 0 && is_self_issued(certificate);
        format_text(refusal->issuer, sizeof refusal->issuer, "%.*s", (int)issuer.length,
                    issuer.data);
    }
}

/* Judges a certificate's names by the constraints of one issuer. Its subject counts as a name. */
static enum name_verdict judge_names(const struct name_constraints *constraints,
                                     const mbedtls_x509_crt *certificate)
{
    enum { EMPTY_SEQUENCE = 2 };
    const mbedtls_x509_sequence *name = &certificate->subject_alt_names;
    enum name_verdict worst = NAME_PERMITTED;
    if (certificate->subject_raw.len > EMPTY_SEQUENCE)
        worst = name_constraints_judge(constraints, NAME_DIRECTORY,
                                       str_of_asn1(&certificate->subject_raw));
    for (; name != NULL && name->buf.p != NULL && worst == NAME_PERMITTED; name = name->next)
        worst = name_constraints_judge(constraints, (unsigned)type_of_name(name),
                                       str_of_asn1(&name->buf));
    return worst;
}

static void refuse_names(struct peer *peer, const mbedtls_x509_crt *issuer,
                         enum name_verdict verdict)
{
    struct str name = short_name(&issuer->subject);
    peer->refusal.reasons |= verdict == NAME_FORBIDDEN ? REFUSED_NAMES : REFUSED_CONSTRAINTS;
    format_text(peer->refusal.constrained_by, sizeof peer->refusal.constrained_by, "%.*s",
                (int)name.length, name.data);
}

/* Enforces the constraints of all issuers above a certificate, and remembers its own for those
 * below. An authority that has issued itself a certificate anew is exempt (RFC 5280 §6.1.4 b). */
static bool obey_constraints(struct peer *peer, const mbedtls_x509_crt *certificate, int depth)
{
    struct name_constraints own;
    enum name_verdict verdict = NAME_PERMITTED;
    for (size_t i = 0; i < peer->constrained_count && verdict == NAME_PERMITTED; i++) {
        if (depth > 0 && is_self_issued(certificate))
            break;
        verdict = judge_names(&peer->constrained[i].constraints, certificate);
        if (verdict != NAME_PERMITTED)
            refuse_names(peer, peer->constrained[i].issuer, verdict);
    }
    if (depth == 0)
        return verdict == NAME_PERMITTED;
    if (!name_constraints_find(str_of_asn1(&certificate->v3_ext), &own) ||
        peer->constrained_count == PEER_MOST_ISSUERS) {
        verdict = NAME_UNDECIDED;
        refuse_names(peer, certificate, verdict);
    } else if (own.present) {
        peer->constrained[peer->constrained_count].constraints = own;
        peer->constrained[peer->constrained_count++].issuer = certificate;
    }
    return verdict == NAME_PERMITTED;
}

/* Helps a person to find out why the server is not trusted. */
static void log_certificate(const struct peer *peer, const mbedtls_x509_crt *certificate)
{
    char until[CLOCK_ISO8601_SIZE];
    struct str subject = short_name(&certificate->subject);
    struct str issuer = short_name(&certificate->issuer);
    clock_format_iso8601(seconds_of_x509_time(&certificate->valid_to), until);
    log_debug("%s presents \"%.*s\", issued by \"%.*s\", valid until %s", peer->host,
              (int)subject.length, subject.data, (int)issuer.length, issuer.data, until);
}

/* Replaces the library's decision, which uses the system clock or, in some builds, none: the agent
 * uses one clock for everything. */
static void check_validity(const mbedtls_x509_crt *certificate, uint32_t *flags)
{
    int64_t now = clock_now();
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (now > seconds_of_x509_time(&certificate->valid_to))
        *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    if (now < seconds_of_x509_time(&certificate->valid_from))
        *flags |= MBEDTLS_X509_BADCERT_FUTURE;
}

int peer_verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    struct peer *peer = context;
    log_certificate(peer, certificate);
    check_validity(certificate, flags);
    if (depth == 0) {
        peer->leaf_checked = true;
        if (!certificate_names_host(certificate, peer->host))
            *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    record_reasons(&peer->refusal, certificate, depth, *flags);
    if (!obey_constraints(peer, certificate, depth))
        *flags |= MBEDTLS_X509_BADCERT_OTHER;
    return 0;
}

void peer_add_flags(struct peer *peer, uint32_t flags)
{
    peer->refusal.reasons |= reasons_from_flags(flags);
}
