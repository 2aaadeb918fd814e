/* Any bytes are the extensions of an authority, or its name constraints, or they are refused.
 * Whether constraints are critical matters only for forms that are not supported. */
#include "net/name_constraints.h"

#include <stdlib.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_verdicts(struct str der)
{
    static const struct {
        unsigned form;
        struct str name;
    } names[] = {
        {NAME_DNS, STR("www.example.com")},
        {NAME_DNS, STR("*.example.com")},
        {NAME_DNS, STR("")},
        {NAME_ADDRESS, STR("\x7f\x00\x00\x01")},
        {NAME_ADDRESS, STR("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01")},
        {NAME_ADDRESS, STR("x")},
        {NAME_DIRECTORY, STR("\x30\x00")},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct name_constraints strict = {true, true, der};
        const struct name_constraints lax = {true, false, der};
        enum name_verdict verdict = name_constraints_judge(&strict, names[i].form, names[i].name);
        enum name_verdict other = name_constraints_judge(&lax, names[i].form, names[i].name);
        if (names[i].form == NAME_DIRECTORY)
            require(other == NAME_PERMITTED || verdict == NAME_UNDECIDED);
        else
            require(verdict == other);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = str_bytes(data, size);
    struct name_constraints found;
    if (name_constraints_find(bytes, &found) && found.present) {
        require(found.der.length <= size);
        check_verdicts(found.der);
    }
    check_verdicts(bytes);
    return 0;
}
