/* Any bytes are the file of a private key, and the file of its certificates, or are refused. As
 * certificates they stand beside keys/p256.pem of tests/data. */
#include "base/file.h"
#include "base/limits.h"
#include "crypto/crypto.h"
#include "pki/identity.h"
#include "pki/pkcs8.h"
#include "pki/private_key.h"

#include <stdlib.h>

enum { DURING = 1750000000 }; /* the certificates of tests/data are valid */

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* Read once: a fuzzer is one process. */
static struct buf right_key;

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libFuzzer's. */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    struct error error;
    (void)count;
    (void)arguments;
    right_key = BUF(4096);
    require(crypto_start());
    require(file_read("tests/data/keys/p256.pem", "key", &right_key, &error));
    return 0;
}

static void check_key(struct str pem)
{
    BUF_AUTO struct buf key = BUF_SECRET(LIMIT_KEY_PEM);
    struct error error = {0};
    if (private_key_read(pem, "/key", (struct str){0}, &key, &error))
        require(pkcs8_is_private_key(buf_str(&key)));
    else
        require(error.kind == ERROR_CONFIGURATION && error.advice[0] != '\0');
}

static void check_certificates(struct str pem)
{
    IDENTITY_AUTO struct identity identity = {.key = BUF_SECRET(LIMIT_KEY_PEM)};
    struct error error = {0};
    require(private_key_read(buf_str(&right_key), "/key", STR(""), &identity.key, &error));
    if (!identity_read(pem, "/certificate", DURING, &identity, &error)) {
        require(error.kind == ERROR_CONFIGURATION || error.kind == ERROR_TRANSIENT);
        require(error.advice[0] != '\0');
        return;
    }
    require(identity.leaf.length > 0 && !identity.is_rsa && identity.serial[0] != '\0');
    for (size_t i = 0; i < identity.chain.length; i++)
        require(identity.chain.data[i] > 0x20 && identity.chain.data[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_key(str_bytes(data, size));
    check_certificates(str_bytes(data, size));
    return 0;
}
