/* Every limit on input from outside, in one place. Sizes are in bytes and times (_MS) in
 * milliseconds; all others are counts. */
#ifndef WCP_BASE_LIMITS_H
#define WCP_BASE_LIMITS_H

#include <stdint.h>

/* Of a worker's address space, in bytes. The largest reply and CA bundle that are accepted take
 * half of it. AddressSanitizer reserves terabytes. */
#ifdef __SANITIZE_ADDRESS__
#define LIMIT_WORKER_MEMORY UINT64_MAX
#else
#define LIMIT_WORKER_MEMORY (UINT64_C(48) * 1024 * 1024)
#endif

enum {
    LIMIT_CONFIGURATION = 256 * 1024,
    LIMIT_TOML_NESTING = 32,
    LIMIT_JSON_NESTING = 16, /* replies of STS and ACM are three levels deep */
    LIMIT_JSON_VALUES =
        4096, /* the largest document is a status file: 50 certificates of 14 values */
    LIMIT_CERTIFICATES = 50,
    LIMIT_CREDENTIALS_FILE = 256 * 1024,
    LIMIT_ROLE_CHAIN = 8,       /* roles that are assumed one after the other, before the last */
    LIMIT_CREDENTIAL_FILES = 6, /* two shared files, and those that they name */
    LIMIT_SHARED_FILE_WARNINGS = 20, /* about one of the two */
    LIMIT_MOUNTINFO = 1024 * 1024,
    LIMIT_CREDENTIAL_VALUE = 64 * 1024, /* a session token may have tens of kilobytes */

    LIMIT_URL = 2048,
    LIMIT_ADDRESSES_PER_HOST = 16,
    LIMIT_HTTP_HEADER_BLOCK = 32 * 1024,
    LIMIT_HTTP_HEADERS = 128,
    LIMIT_HTTP_INFORMATIONAL = 16, /* 1xx replies before the final one */
    LIMIT_STS_BODY = 256 * 1024,
    LIMIT_ACM_BODY = 4 * 1024 * 1024,
    LIMIT_METADATA_BODY = 192 * 1024, /* three values of LIMIT_CREDENTIAL_VALUE at most */
    LIMIT_SERVER_TEXT = 300,          /* a server's own words, quoted in a message */

    LIMIT_PEM_FILE = 2 * 1024 * 1024,
    LIMIT_KEY_PEM = 512 * 1024,
    LIMIT_CERTIFICATE_PEM = 32 * 1024,
    LIMIT_DEVICE_CERTIFICATE = 64 * 1024, /* leaf and chain, which become HTTP headers */
    LIMIT_PASSPHRASE = 1024,
    LIMIT_CHAIN_CERTIFICATES = 32,
    LIMIT_PBKDF2_ITERATIONS = 10000000,

    LIMIT_INSTALLED_FILE = 3 * 1024 * 1024, /* key, certificate and chain in one file */
    LIMIT_JOURNAL = 32 * 1024,
    LIMIT_MOUNT_TABLE = 1024 * 1024, /* /proc/self/mountinfo */
    LIMIT_MOUNT_RECORD = 64 * 1024,
    LIMIT_ATTRIBUTE_NAMES = 64 * 1024, /* of a replaced file: the kernel's own limits, */
    LIMIT_ATTRIBUTE_VALUE = 64 * 1024, /* xattr(7) */
    LIMIT_FRAME = 3 * 1024 * 1024,     /* a bundle: certificate, chain and key */
    LIMIT_LOG_LINE = 2048,
    LIMIT_LOG_ARCHIVES = 100,
    LIMIT_LOGGED_ONCE = 64,
    LIMIT_STATUS_FILE = 512 * 1024,
    LIMIT_WORKERS = 4,

    LIMIT_RESOLVE_MS = 5 * 1000,
    LIMIT_CONNECT_MS = 10 * 1000, /* for each address */
    LIMIT_HANDSHAKE_MS = 20 * 1000,
    LIMIT_REQUEST_MS = 60 * 1000,
    LIMIT_IMDS_MS = 1000,          /* for each attempt at instance metadata, */
    LIMIT_CONTAINER_MS = 5 * 1000, /* at a container's endpoint, which may ask AWS itself */
    LIMIT_BATCH_MS = 5 * 60 * 1000,
    LIMIT_BATCH_PER_CERTIFICATE_MS = 60 * 1000,

    LIMIT_HOOK_MS = 15 * 60 * 1000,
    LIMIT_HOOK_GRACE_MS = 10 * 1000,  /* from SIGTERM to SIGKILL */
    LIMIT_SERVED_MS = 30 * 1000,      /* until a server serves the new certificate */
    LIMIT_HOOK_GATHER_MS = 60 * 1000, /* one hook serves all changes within this time */
    LIMIT_HOOK_OUTPUT = 4 * 1024,
    LIMIT_HOOK_WORDS = 64,

    LIMIT_COMMAND_WORDS = 64, /* of a credential_process */
    LIMIT_COMMAND_OUTPUT = 64 * 1024,
    LIMIT_COMMAND_MS = 60 * 1000,
    LIMIT_COMMAND_GRACE_MS = 2 * 1000, /* from SIGTERM to SIGKILL */
    LIMIT_LOCK_WAIT_MS = 60 * 1000,
    LIMIT_UNSETTLED_MS = 10 * 60 * 1000, /* until an unfinished replacement is taken back */
};

#endif
