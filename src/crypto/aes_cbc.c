#include "crypto/aes_cbc.h"

#include <psa/crypto.h>

static psa_status_t import_aes_key(struct str key, psa_key_id_t *id)
{
    psa_key_attributes_t attributes = psa_key_attributes_init();
    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    psa_set_key_algorithm(&attributes, PSA_ALG_CBC_PKCS7);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DECRYPT);
    return psa_import_key(&attributes, (const uint8_t *)key.data, key.length, id);
}

static psa_status_t decrypt_with_key(psa_key_id_t key, const uint8_t iv[AES_BLOCK_SIZE],
                                     struct str encrypted, uint8_t *plain, size_t *length)
{
    psa_cipher_operation_t operation = psa_cipher_operation_init();
    size_t last = 0;
    psa_status_t status = psa_cipher_decrypt_setup(&operation, key, PSA_ALG_CBC_PKCS7);
    if (status == PSA_SUCCESS)
        status = psa_cipher_set_iv(&operation, iv, AES_BLOCK_SIZE);
    if (status == PSA_SUCCESS)
        status = psa_cipher_update(&operation, (const uint8_t *)encrypted.data, encrypted.length,
                                   plain, encrypted.length, length);
    if (status == PSA_SUCCESS)
        status = psa_cipher_finish(&operation, plain + *length, encrypted.length - *length, &last);
    *length += last;
    psa_cipher_abort(&operation);
    return status;
}

bool aes_cbc_decrypt(struct str key, const uint8_t iv[AES_BLOCK_SIZE], struct str encrypted,
                     struct buf *plain)
{
    psa_key_id_t id = PSA_KEY_ID_NULL;
    size_t length = 0;
    if (encrypted.length == 0 || encrypted.length % AES_BLOCK_SIZE != 0 ||
        !buf_reserve(plain, encrypted.length) || import_aes_key(key, &id) != PSA_SUCCESS)
        return false;
    psa_status_t status =
        decrypt_with_key(id, iv, encrypted, (uint8_t *)plain->data + plain->length, &length);
    psa_destroy_key(id);
    if (status != PSA_SUCCESS)
        return false;
    plain->length += length;
    return true;
}
