/* Everything that is wrong with a configuration, gathered so that a person mends it in one go. */
#ifndef WCP_CONFIG_PROBLEMS_H
#define WCP_CONFIG_PROBLEMS_H

#include "base/str.h"

/* One thing wrong. `line` is 0 when it concerns the file as a whole. */
struct problem {
    uint32_t line;
    uint32_t column;
    char *text; /* terminated, owned by the list */
};

struct problems {
    struct problem *list;
    size_t count;
    size_t capacity;
    bool overflowed; /* there were more than fit: PROBLEMS_MOST, or memory was short */
};

enum { PROBLEMS_MOST = 200 };

/* Adds one; the text is formatted by base/format.h and made printable. */
void problems_add(struct problems *problems, uint32_t line, uint32_t column, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
/* Brings them into the order of the file. */
void problems_sort(struct problems *problems);
void problems_free(struct problems *problems);

#endif
