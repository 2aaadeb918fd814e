#include "net/name_constraints.h"

#include "crypto/asn1.h"
#include "net/address.h"

/* Reads the next element, whatever its tag is. */
static bool next_element(struct str *rest, uint8_t *tag, struct str *contents)
{
    if (rest->length == 0)
        return false;
    *tag = (uint8_t)rest->data[0];
    return asn1_next(rest, (enum asn1_tag) * tag, contents);
}

bool name_constraints_find(struct str extensions, struct name_constraints *constraints)
{
    struct str list;
    *constraints = (struct name_constraints){0};
    if (extensions.length == 0)
        return true;
    if (!asn1_next(&extensions, ASN1_SEQUENCE, &list) || extensions.length > 0)
        return false;
    while (list.length > 0) {
        struct str extension;
        struct str oid;
        struct str critical = {0};
        struct str value;
        if (!asn1_next(&list, ASN1_SEQUENCE, &extension) || !asn1_next(&extension, ASN1_OID, &oid))
            return false;
        asn1_next(&extension, ASN1_BOOLEAN, &critical); /* optional */
        if (!asn1_next(&extension, ASN1_OCTET_STRING, &value) || extension.length > 0)
            return false;
        if (!str_equal(oid, OID_NAME_CONSTRAINTS))
            continue;
        if (constraints->present)
            return false;
        *constraints =
            (struct name_constraints){true, critical.length > 0 && critical.data[0] != 0, value};
    }
    return true;
}

/* Returns true when `name` is `base`, or has further labels in front. A base that begins with a dot
 * demands at least one. */
static bool dns_lies_in(struct str name, struct str base)
{
    if (base.length == 0)
        return true;
    if (name.length < base.length)
        return false;
    size_t before = name.length - base.length;
    return str_equal_ignore_case(str_skip(name, before), base) &&
           (before == 0 || base.data[0] == '.' || name.data[before - 1] == '.');
}

/* Returns true when the wildcard `name` covers `base`: "*.example.com" covers "www.example.com". */
static bool wildcard_covers(struct str name, struct str base)
{
    size_t label = str_index_of(base, '.');
    return str_starts_with(name, STR("*.")) && label > 0 &&
           str_equal_ignore_case(str_skip(name, 1), str_skip(base, label));
}

/* `base` is an address and a mask of the same length. */
static bool address_lies_in(struct str address, struct str base)
{
    if (2 * address.length != base.length)
        return false;
    for (size_t i = 0; i < address.length; i++)
        if (((address.data[i] ^ base.data[i]) & base.data[address.length + i]) != 0)
            return false;
    return true;
}

/* What a list of subtrees says of a name. */
struct finding {
    bool same_form; /* a subtree of the name's form is in the list */
    bool matches;
};

/* GeneralSubtree: a base; a minimum and a maximum, which RFC 5280 does not use: 0 and absent. */
static bool read_subtree(struct str subtree, uint8_t *form, struct str *base)
{
    enum { CLASS = 0xc0, CONTEXT_SPECIFIC = 0x80, NUMBER = 0x1f };
    if (!next_element(&subtree, form, base) || (*form & CLASS) != CONTEXT_SPECIFIC)
        return false;
    *form &= NUMBER;
    if (*form == NAME_ADDRESS && base->length != 2 * ADDRESS_V4_SIZE &&
        base->length != 2 * ADDRESS_V6_SIZE)
        return false;
    return subtree.length == 0 || str_equal(subtree, STR("\x80\x01\x00"));
}

static bool search_subtrees(struct str list, unsigned form, struct str name, bool excluded,
                            struct finding *finding)
{
    while (list.length > 0) {
        struct str subtree;
        struct str base;
        uint8_t base_form = 0;
        if (!asn1_next(&list, ASN1_SEQUENCE, &subtree) || !read_subtree(subtree, &base_form, &base))
            return false;
        if (base_form != form)
            continue;
        finding->same_form = true;
        if (form == NAME_DNS)
            finding->matches |=
                dns_lies_in(name, base) || (excluded && wildcard_covers(name, base));
        else if (form == NAME_ADDRESS)
            finding->matches |= address_lies_in(name, base);
    }
    return true;
}

enum name_verdict name_constraints_judge(const struct name_constraints *constraints, unsigned form,
                                         struct str name)
{
    struct str rest = constraints->der;
    struct str lists;
    struct str permitted_list = {0};
    struct str excluded_list = {0};
    struct finding permitted = {0};
    struct finding excluded = {0};
    if (!constraints->present)
        return NAME_PERMITTED;
    if (!asn1_next(&rest, ASN1_SEQUENCE, &lists) || rest.length > 0)
        return NAME_UNDECIDED;
    asn1_next(&lists, ASN1_CONTEXT_0, &permitted_list); /* both are optional */
    asn1_next(&lists, ASN1_CONTEXT_1, &excluded_list);
    if (lists.length > 0 || !search_subtrees(permitted_list, form, name, false, &permitted) ||
        !search_subtrees(excluded_list, form, name, true, &excluded))
        return NAME_UNDECIDED;
    if (form != NAME_DNS && form != NAME_ADDRESS)
        return constraints->critical && (permitted.same_form || excluded.same_form)
                   ? NAME_UNDECIDED
                   : NAME_PERMITTED;
    return excluded.matches || (permitted.same_form && !permitted.matches) ? NAME_FORBIDDEN
                                                                           : NAME_PERMITTED;
}
