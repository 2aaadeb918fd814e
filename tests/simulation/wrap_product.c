/* Functions of the product that are played, as they would take most of the time and have tests of
 * their own; and others that are watched. */
#include "simulation/box.h"
#include "simulation/checks.h"
#include "simulation/kernel.h"

#include "base/file.h"
#include "base/format.h"
#include "status/status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* --- hashes: as good as the real ones, as nobody attacks them here --- */

static uint64_t mix(uint64_t hash, const char *bytes, size_t length)
{
    for (; length >= sizeof hash; bytes += sizeof hash, length -= sizeof hash) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    for (; length > 0; length--)
        hash = (hash ^ (unsigned char)*bytes++) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static void write_hash(uint64_t hash, char out[SHA256_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_HEX_SIZE - 1; i++) {
        out[i] = digits[hash >> 60];
        hash = (hash << 4 | hash >> 60) * 5;
    }
    out[SHA256_HEX_SIZE - 1] = '\0';
}

void __wrap_sha256_hex(struct str message, char out[SHA256_HEX_SIZE])
{
    write_hash(mix(message.length + 1, message.data, message.length), out);
}

/* --- the status file: its text is short here --- */

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return text == NULL ? hash * 3 : mix(hash, text, strlen(text));
}

static uint64_t hash_of_status(const struct agent_status *status)
{
    uint64_t hash = (uint64_t)status->started + 1;
    hash = mix_text(mix_text(hash, status->waiting), status->rejected);
    for (size_t i = 0; i < status->config->certificate_count; i++) {
        struct certificate_status one = status->certificates[i];
        hash = mix_text(hash, one.reason);
        one.reason = NULL;
        hash = mix(hash, (const char *)&one, sizeof one);
    }
    return hash;
}

static void look_at_status(const struct agent_status *status)
{
    for (size_t i = 0; i < status->config->certificate_count; i++) {
        unsigned certificate = box_certificate(status->config->certificates[i].arn);
        if (status->certificates[i].health == HEALTH_FRESH)
            check_fresh(current, certificate);
        if (status->certificates[i].health == HEALTH_FAILING &&
            (current->complained >> certificate & 1) == 0)
            check_failed("certificate %u fails, and the log does not say why", certificate);
    }
}

bool __wrap_status_write(const struct agent_status *status, int directory,
                         char last[SHA256_HEX_SIZE], struct error *error)
{
    char hash[SHA256_HEX_SIZE];
    if (directory < 0)
        return true;
    uint64_t number = hash_of_status(status);
    bool exists = faccessat(directory, STATUS_FILE_NAME, F_OK, 0) == 0;
    write_hash(number, hash);
    if (strcmp(hash, last) == 0 && exists)
        return true;
    /* Once, as it may find the directory anew. */
    if (number == current->said_status && exists && ++current->said_again > 1)
        check_failed("the status is written although nothing has changed");
    look_at_status(status);
    if (!file_replace(directory, STATUS_FILE_NAME, str_from(hash), 0644)) {
        last[0] = '\0';
        current->said_status = 0;
        return error_set_errno(error, ERROR_TRANSIENT, errno, "cannot write the status file");
    }
    memcpy(last, hash, sizeof hash);
    current->said_status = number;
    return true;
}

/* --- the store: which certificate a process looks at --- */

static void look_at(const struct certificate_config *certificate)
{
    current->looks_at = box_certificate(certificate->arn);
}

struct bundle;
struct install_options;
struct install_outcome;
bool __real_install_bundle(const struct certificate_config *certificate,
                           const struct bundle *bundle, const struct install_options *options,
                           struct install_outcome *outcome, struct error *error);
bool __real_install_settle(const struct certificate_config *certificate,
                           const struct install_options *options, struct install_outcome *outcome,
                           struct error *error);
bool __real_install_confirm(const struct certificate_config *certificate, const char *generation,
                            const struct install_options *options, struct install_outcome *outcome,
                            struct error *error);

bool __wrap_install_bundle(const struct certificate_config *certificate,
                           const struct bundle *bundle, const struct install_options *options,
                           struct install_outcome *outcome, struct error *error)
{
    look_at(certificate);
    return __real_install_bundle(certificate, bundle, options, outcome, error);
}

bool __wrap_install_settle(const struct certificate_config *certificate,
                           const struct install_options *options, struct install_outcome *outcome,
                           struct error *error)
{
    look_at(certificate);
    return __real_install_settle(certificate, options, outcome, error);
}

bool __wrap_install_confirm(const struct certificate_config *certificate, const char *generation,
                            const struct install_options *options, struct install_outcome *outcome,
                            struct error *error)
{
    look_at(certificate);
    return __real_install_confirm(certificate, generation, options, outcome, error);
}
