/* getaddrinfo(3) for what the agent asks: the addresses of a name for streams, no service, no
 * canonical name. musl's own also reads /etc/services and tries which families there are: 1.7 KB.
 * Finding the addresses and their order stays musl's. */
#include "net/address.h"

#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ADDRESSES = 48, LONGEST_NAME = 256 };

/* As in musl's src/network/lookup.h. */
struct address {
    int family;
    unsigned scopeid;
    uint8_t bytes[16];
    int sortkey;
};

/* The number of addresses, or one of EAI_…. */
int __lookup_name(struct address found[], char name[], const char *host, int family, int flags)
    __attribute__((visibility("hidden")));

int __lookup_ipliteral(struct address *found, const char *text, int family)
    __attribute__((visibility("hidden")));

struct entry {
    struct addrinfo info;
    struct sockaddr_in6 place;
};

static void fill(struct entry *entry, const struct address *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    bool is_v4 = address->family == AF_INET;
    entry->place.sin6_family = AF_INET6;
    entry->place.sin6_scope_id = address->scopeid;
    memcpy(&entry->place.sin6_addr, address->bytes, sizeof address->bytes);
    memcpy(&v4.sin_addr, address->bytes, sizeof v4.sin_addr);
    if (is_v4)
        memcpy(&entry->place, &v4, sizeof v4);
    entry->info.ai_family = address->family;
    entry->info.ai_addrlen = is_v4 ? sizeof v4 : sizeof entry->place;
    entry->info.ai_addr = (struct sockaddr *)&entry->place;
}

int getaddrinfo(const char *restrict host, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
    struct address addresses[MOST_ADDRESSES];
    char name[LONGEST_NAME];
    (void)service;
    int count = __lookup_name(addresses, name, host, hints->ai_family, 0);
    if (count < 0)
        return count;
    struct entry *entries = calloc((size_t)count, sizeof *entries);
    if (entries == NULL)
        return EAI_MEMORY;
    for (int i = 0; i < count; i++) {
        fill(&entries[i], &addresses[i]);
        if (i > 0)
            entries[i - 1].info.ai_next = &entries[i].info;
    }
    *result = &entries[0].info;
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    free(list);
}

static unsigned scope_of(const char *interface)
{
    unsigned index = if_nametoindex(interface);
    return index > 0 ? index : (unsigned)strtoul(interface, NULL, 10);
}

/* A literal address, as it stands in /etc/hosts and behind "nameserver" in /etc/resolv.conf: 1, or
 * 0 when it is none, or one of EAI_…. Of the short forms of IPv4 (127.1) there is none here. */
int __lookup_ipliteral(struct address *found, const char *text, int family)
{
    char plain[ADDRESS_TEXT_SIZE];
    size_t length = strcspn(text, "%");
    if (length >= sizeof plain)
        return 0;
    memcpy(plain, text, length);
    plain[length] = '\0';
    size_t size = address_parse(plain, found->bytes);
    if (size == 0)
        return 0;
    found->family = size == ADDRESS_V4_SIZE ? AF_INET : AF_INET6;
    found->scopeid = text[length] == '%' ? scope_of(text + length + 1) : 0;
    return family == AF_UNSPEC || family == found->family ? 1 : EAI_NODATA;
}
