#include "store/contents.h"

#include "base/limits.h"

void contents_free(struct contents *contents)
{
    buf_free(&contents->certificate);
    buf_free(&contents->chain);
    buf_free(&contents->combined);
}

/* Appends PEM text with exactly one newline at its end; appends nothing for an empty text. */
static void append_pem(struct buf *out, struct str pem)
{
    while (pem.length > 0 && is_space(pem.data[pem.length - 1]))
        pem.length--;
    if (pem.length == 0)
        return;
    buf_append(out, pem);
    buf_append_byte(out, '\n');
}

bool contents_compose(struct file_set *set, const struct bundle *bundle, struct contents *contents,
                      struct error *error)
{
    const struct certificate_config *certificate = set->certificate;
    *contents = (struct contents){.certificate = BUF(LIMIT_INSTALLED_FILE),
                                  .chain = BUF(LIMIT_INSTALLED_FILE),
                                  .combined = BUF_SECRET(LIMIT_INSTALLED_FILE)};
    append_pem(&contents->certificate, bundle->certificate);
    append_pem(&contents->chain, bundle->chain);
    if (certificate->chain_path == NULL)
        append_pem(&contents->certificate, bundle->chain);
    append_pem(&contents->combined, bundle->key);
    append_pem(&contents->combined, bundle->certificate);
    append_pem(&contents->combined, bundle->chain);
    if (contents->certificate.failed || contents->chain.failed || contents->combined.failed)
        return error_no_memory(error);
    for (size_t i = 0; i < set->count; i++) {
        struct target *target = &set->targets[i];
        if (target->path == certificate->certificate_path)
            target->contents = buf_str(&contents->certificate);
        else if (target->path == certificate->private_key_path)
            target->contents = bundle->key;
        else if (target->path == certificate->chain_path)
            target->contents = buf_str(&contents->chain);
        else
            target->contents = buf_str(&contents->combined);
    }
    return true;
}
