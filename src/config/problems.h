/* The list of all problems of a configuration, so that a person can fix them at once. */
#ifndef WCP_CONFIG_PROBLEMS_H
#define WCP_CONFIG_PROBLEMS_H

#include "base/str.h"

/* One problem. `line` and `column` count from 1; `line` is 0 when it concerns the whole file. */
struct problem {
    uint32_t line;
    uint32_t column;
    char *text; /* terminated, owned by the list */
};

struct problems {
    struct problem *list;
    size_t count;
    size_t capacity;
    bool overflowed; /* some are missing: there were more than PROBLEMS_MAX, or memory was short */
};

enum { PROBLEMS_MAX = 200 };

/* Adds a problem. The text is formatted as by printf(3) and made printable. */
void problems_add(struct problems *problems, uint32_t line, uint32_t column, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
/* Sorts the problems by line and column. */
void problems_sort(struct problems *problems);
/* Frees the list and its texts, and empties it. */
void problems_free(struct problems *problems);

#endif
