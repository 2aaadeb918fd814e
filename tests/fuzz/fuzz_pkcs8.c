/* Any bytes are an encrypted key, perhaps one that the passphrase "fuzz" opens, or are refused. */
#include "base/limits.h"
#include "pki/pkcs8.h"

#include <stdlib.h>
#include <string.h>

enum { AFFORDABLE_ITERATIONS = 100 };

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_decryption(struct str der, const struct pkcs8_encryption *encryption)
{
    struct error error = {0};
    BUF_AUTO struct buf key = BUF_SECRET(LIMIT_KEY_PEM);
    if (encryption->iterations > AFFORDABLE_ITERATIONS)
        return;
    if (pkcs8_decrypt(der, STR("fuzz"), &key, &error))
        require(key.length < der.length && pkcs8_is_private_key(buf_str(&key)));
    else
        require(error.kind == ERROR_PERMANENT && key.length == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str der = str_bytes(data, size);
    struct pkcs8_encryption encryption;
    struct error error = {0};
    bool is_key = pkcs8_is_private_key(der);
    if (!pkcs8_read_encryption(der, &encryption, &error)) {
        require(error.kind == ERROR_PERMANENT && error.message[0] != '\0');
        return 0;
    }
    require(!is_key);
    require(encryption.iterations >= 1 && encryption.iterations <= LIMIT_PBKDF2_ITERATIONS);
    require(encryption.salt.length <= PKCS8_LONGEST_SALT);
    require(encryption.iv.length == AES_BLOCK_SIZE);
    require(encryption.encrypted.length % AES_BLOCK_SIZE == 0);
    check_decryption(der, &encryption);
    return 0;
}
