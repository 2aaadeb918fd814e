#include "supervisor/fetched.h"

#include "base/limits.h"

/* The four texts of a bundle, in one order. */
enum { TEXTS = 4 };

static void list_texts(struct fetched *fetched, struct str *texts[TEXTS])
{
    texts[0] = &fetched->bundle.certificate;
    texts[1] = &fetched->bundle.chain;
    texts[2] = &fetched->bundle.key;
    texts[3] = &fetched->name;
}

bool fetched_keep(struct fetched *fetched)
{
    struct str *texts[TEXTS];
    if (fetched->copy.length > 0)
        return true;
    fetched->copy = BUF_SECRET(LIMIT_FRAME);
    list_texts(fetched, texts);
    for (size_t i = 0; i < TEXTS; i++)
        buf_append(&fetched->copy, *texts[i]);
    if (fetched->copy.failed)
        return false;
    struct str rest = buf_str(&fetched->copy);
    for (size_t i = 0; i < TEXTS; i++) {
        size_t length = texts[i]->length;
        *texts[i] = str_take(rest, length);
        rest = str_skip(rest, length);
    }
    return true;
}

void fetched_free(struct fetched *fetched)
{
    buf_free(&fetched->copy);
    *fetched = (struct fetched){0};
}
