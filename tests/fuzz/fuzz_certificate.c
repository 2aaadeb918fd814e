/* Any bytes are a certificate, a private key, or are refused. As a certificate they stand beside
 * keys/p256.pem of tests/data, as a key beside certificates/p256.pem. */
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include "pki/certificate.h"
#include "pki/pem.h"
#include "pki/pkcs8.h"

#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* Read once: a fuzzer is one process. */
static struct buf right_key;
static struct buf right_certificate;

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libFuzzer's. */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    struct error error;
    (void)count;
    (void)arguments;
    right_key = BUF(4096);
    right_certificate = BUF(4096);
    require(crypto_start());
    require(file_read("tests/data/keys/p256.pem", "key", &right_key, &error));
    require(
        file_read("tests/data/certificates/p256.pem", "certificate", &right_certificate, &error));
    return 0;
}

static void check_text(const char text[CERTIFICATE_NAME_SIZE])
{
    char printable[CERTIFICATE_NAME_SIZE];
    size_t length = strnlen(text, CERTIFICATE_NAME_SIZE);
    require(length < CERTIFICATE_NAME_SIZE);
    memcpy(printable, text, length);
    make_printable(printable, length);
    require(memcmp(printable, text, length) == 0);
}

static void check_certificate(struct str pem)
{
    struct certificate_facts facts;
    struct error error = {0};
    bool sound = certificate_list_is_sound(pem, "the list", 1, &error);
    require(sound || error.kind == ERROR_PERMANENT);
    require(certificate_read(pem, &facts, &error) == sound);
    if (sound) {
        check_text(facts.name);
        check_text(facts.issuer);
    }
    error.kind = ERROR_NONE;
    if (certificate_matches_key(pem, buf_str(&right_key), NULL, &error))
        require(sound);
    else
        require(error.kind == ERROR_PERMANENT);
}

static void check_key(struct str der, struct str pem)
{
    struct error error = {0};
    if (certificate_matches_key(buf_str(&right_certificate), pem, NULL, &error))
        require(pkcs8_is_private_key(der));
    else
        require(error.kind == ERROR_PERMANENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str der = str_bytes(data, size);
    BUF_AUTO struct buf certificate = BUF(LIMIT_PEM_FILE);
    BUF_AUTO struct buf key = BUF_SECRET(LIMIT_KEY_PEM);
    if (!pem_encode(STR("CERTIFICATE"), der, &certificate) ||
        !pem_encode(STR("PRIVATE KEY"), der, &key))
        return 0;
    check_certificate(buf_str(&certificate));
    check_key(der, buf_str(&key));
    return 0;
}
