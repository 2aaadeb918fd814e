#include "config/problems.h"

#include "base/format.h"
#include "base/limits.h"
#include "base/log.h"

#include <stdlib.h>

static bool make_room(struct problems *problems)
{
    if (problems->count >= PROBLEMS_MAX)
        return false;
    if (problems->count < problems->capacity)
        return true;
    size_t capacity = problems->capacity == 0 ? 16 : problems->capacity * 2;
    struct problem *list = realloc(problems->list, capacity * sizeof *list);
    if (list == NULL)
        return false;
    problems->list = list;
    problems->capacity = capacity;
    return true;
}

void problems_add(struct problems *problems, uint32_t line, uint32_t column, const char *format,
                  ...)
{
    char text[LIMIT_LOG_LINE / 2];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text_va(text, sizeof text, format, arguments);
    va_end(arguments);
    make_printable(text, length);
    char *copy = make_room(problems) ? str_duplicate(str_bytes(text, length)) : NULL;
    if (copy == NULL) {
        problems->overflowed = true;
        return;
    }
    problems->list[problems->count++] = (struct problem){line, column, copy};
}

static bool problem_precedes(const struct problem *a, const struct problem *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* Insertion sort: it is stable, and fast enough for a short list. */
void problems_sort(struct problems *problems)
{
    for (size_t i = 1; i < problems->count; i++) {
        struct problem moved = problems->list[i];
        size_t place = i;
        for (; place > 0 && problem_precedes(&moved, &problems->list[place - 1]); place--)
            problems->list[place] = problems->list[place - 1];
        problems->list[place] = moved;
    }
}

void problems_free(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        free(problems->list[i].text);
    free(problems->list);
    *problems = (struct problems){0};
}
