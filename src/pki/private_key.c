#include "pki/private_key.h"

#include "base/limits.h"
#include "pki/pem.h"
#include "pki/pkcs8.h"

static bool advise_conversion(struct error *error, const char *path)
{
    return error_advise(
        error, "write it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -in %s -out NEW", path);
}

/* The key is in a form that a command can convert. */
static bool refuse_form(struct error *error, const char *path, const char *how)
{
    error_set(error, ERROR_CONFIGURATION, "the private key in %s %s", path, how);
    return advise_conversion(error, path);
}

/* Finds the first block with a label that ends in PRIVATE KEY. */
static bool find_private_key(struct str pem, const char *path, struct pem_block *block,
                             struct error *error)
{
    /* Programs wrote this before PKCS#8; the key is derived from the passphrase by MD5. */
    if (str_search(pem, STR("Proc-Type: 4,ENCRYPTED")) < pem.length)
        return refuse_form(error, path, "is encrypted in the old way (Proc-Type: 4,ENCRYPTED)");
    while (pem_next(&pem, block, error))
        if (str_ends_with(block->label, STR("PRIVATE KEY")))
            return true;
    if (error->kind == ERROR_NONE)
        error_set(error, ERROR_CONFIGURATION, "there is no PRIVATE KEY block");
    return false;
}

static bool decrypt_key(struct str der, const char *path, struct str passphrase, struct buf *key,
                        struct error *error)
{
    struct pkcs8_encryption encryption = {0};
    if (passphrase.data == NULL)
        return error_refuse(error, ERROR_CONFIGURATION,
                            "name the file that has its passphrase as private_key_passphrase_file",
                            "the private key in %s is encrypted", path);
    if (!pkcs8_read_encryption(der, &encryption, error))
        advise_conversion(error, path);
    else if (pkcs8_decrypt(der, passphrase, key, error))
        return true;
    else if (error->kind == ERROR_PERMANENT)
        error_advise(error, "check private_key_passphrase_file: openssl pkey -noout -in %s", path);
    return error_context(error, "%s", path);
}

static bool convert_key(const struct pem_block *block, struct str der, const char *path,
                        struct str passphrase, struct buf *key, struct error *error)
{
    if (str_equal(block->label, STR("ENCRYPTED PRIVATE KEY")))
        return decrypt_key(der, path, passphrase, key, error);
    if (str_equal(block->label, STR("RSA PRIVATE KEY")))
        return pkcs8_wrap_rsa(der, key) || refuse_form(error, path, "is damaged");
    if (str_equal(block->label, STR("EC PRIVATE KEY")))
        return pkcs8_wrap_ec(der, key) ||
               refuse_form(error, path, "does not name its curve, or is damaged");
    if (!str_equal(block->label, STR("PRIVATE KEY")))
        return refuse_form(error, path, "is in a form that cannot be read");
    return (pkcs8_is_private_key(der) && buf_append(key, der)) ||
           error_refuse(error, ERROR_CONFIGURATION,
                        "use an RSA key of 2048 to 4096 bits, or an EC key on P-256, P-384 or "
                        "P-521",
                        "the private key in %s is neither RSA nor EC, or it is damaged", path);
}

bool private_key_read(struct str pem, const char *path, struct str passphrase, struct buf *key,
                      struct error *error)
{
    BUF_AUTO struct buf der = BUF_SECRET(LIMIT_KEY_PEM);
    struct pem_block block = {0};
    bool found = find_private_key(pem, path, &block, error) && pem_decode(&block, &der, error);
    bool done = found && convert_key(&block, buf_str(&der), path, passphrase, key, error);
    if (!done && error->kind != ERROR_INTERNAL)
        error->kind = ERROR_CONFIGURATION;
    if (found || error->advice[0] != '\0')
        return done;
    error_advise(error, "put the key there as PEM: openssl pkey -in OLD -out %s", path);
    return error_context(error, "%s", path);
}
