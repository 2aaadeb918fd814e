/* Name constraints (RFC 5280 §4.2.1.10): for which names an authority may issue certificates. The
 * TLS library does not enforce them. Only peer.c and trust.c include this header. */
#ifndef WCP_NET_NAME_CONSTRAINTS_H
#define WCP_NET_NAME_CONSTRAINTS_H

#include "base/str.h"

/* The forms of a GeneralName, as far as they matter here. Their numbers are its tags. */
enum name_form {
    NAME_DNS = 2,
    NAME_DIRECTORY = 4,
    NAME_ADDRESS = 7,
};

/* One extension, borrowed from a certificate. */
struct name_constraints {
    bool present;
    bool critical;
    struct str der; /* NameConstraints */
};

enum name_verdict {
    NAME_PERMITTED,
    NAME_FORBIDDEN,
    NAME_UNDECIDED, /* the constraints are damaged, or of a kind that is not supported */
};

/* Contents of the OBJECT IDENTIFIER of the extension, 2.5.29.30. */
#define OID_NAME_CONSTRAINTS STR("\x55\x1d\x1e")

/* Finds the constraints in `extensions`, the DER of a certificate's Extensions, which may be empty.
 * Returns false when the extensions are damaged. */
bool name_constraints_find(struct str extensions, struct name_constraints *constraints);

/* Judges one name of a certificate by the constraints of an authority above it. `name` is in the
 * form of a GeneralName's contents. DNS names and IP addresses are supported; any other form is
 * NAME_UNDECIDED when critical constraints restrict it, and permitted when others do. Two
 * judgements are stricter than OpenSSL's: a wildcard is forbidden when it covers an excluded name,
 * and lengths that are not DER are damage. */
enum name_verdict name_constraints_judge(const struct name_constraints *constraints, unsigned form,
                                         struct str name);

#endif
