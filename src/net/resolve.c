#include "net/resolve.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "base/log.h"
#include "base/process.h"
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    OTHER_HALF_MS = 1000, /* for the second answer, after the first one */
    PENDING = 1,          /* those of getaddrinfo are 0 or negative */
    LONGEST_HOSTS_FILE = 1024 * 1024,
};

enum half_index { V4, V6, HALVES };

/* What a child process reports. */
struct answer {
    int code; /* of getaddrinfo, or PENDING */
    unsigned count;
    union address_of_host list[LIMIT_ADDRESSES_PER_HOST];
};

/* The lookup of the addresses of one family. */
struct half {
    const char *name;
    int family;
    pid_t parent;
    pid_t child; /* -1: it was not started */
    int end;     /* of the pipe from the child */
    struct answer answer;
};

static void add_address(struct addresses *addresses, const union address_of_host *address)
{
    if (addresses->count == LIMIT_ADDRESSES_PER_HOST)
        return;
    addresses->list[addresses->count].address = *address;
    addresses->list[addresses->count++].size =
        address->generic.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

/* Adds a literal address, which needs neither a resolver nor its files. False when the host is a
 * name. */
static bool add_literal(struct addresses *addresses)
{
    uint8_t bytes[ADDRESS_V6_SIZE];
    union address_of_host address = {0};
    size_t size = address_parse(addresses->host, bytes);
    address.generic.sa_family = size == ADDRESS_V6_SIZE ? AF_INET6 : AF_INET;
    if (size == ADDRESS_V4_SIZE)
        memcpy(&address.v4.sin_addr, bytes, size);
    else
        memcpy(&address.v6.sin6_addr, bytes, ADDRESS_V6_SIZE);
    if (size > 0)
        add_address(addresses, &address);
    return size > 0;
}

/* --- routes ----------------------------------------------------------------------------------- */

/* Returns true when this machine has a route to the address, and sets `source` to its own address
 * on that route. Sends nothing: a datagram socket is connected to a port that is never used. */
static bool find_route(const union address_of_host *address, union address_of_host *source)
{
    union address_of_host peer = *address;
    socklen_t size = sizeof peer;
    peer.v6.sin6_port = htons(443); /* same offset in sockaddr_in */
    FD_AUTO int datagrams = socket(peer.generic.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    *source = (union address_of_host){0};
    return datagrams >= 0 && connect(datagrams, &peer.generic, size) == 0 &&
           getsockname(datagrams, &source->generic, &size) == 0;
}

static bool has_route(const union address_of_host *address)
{
    union address_of_host source;
    return find_route(address, &source);
}

/* Global unicast addresses begin with the bits 001 (RFC 4291 §2.4). From a local address, IPv6
 * leads to local addresses only, and RFC 6724 prefers IPv4. */
static bool is_reached_from_global_v6(const union address_of_host *address)
{
    union address_of_host source;
    return find_route(address, &source) && (source.v6.sin6_addr.s6_addr[0] & 0xe0) == 0x20;
}

/* True when this machine reaches global IPv6 addresses. 2001:db8::/32 (RFC 3849) is nobody's. */
static bool has_global_v6(void)
{
    static const union address_of_host anywhere = {
        .v6 = {.sin6_family = AF_INET6, .sin6_addr.s6_addr = {0x20, 0x01, 0x0d, 0xb8}}};
    return is_reached_from_global_v6(&anywhere);
}

/* --- the two halves --------------------------------------------------------------------------- */

/* The child process of one half. Ends with its parent. */
static int ask_half(void *context, int end)
{
    struct half *half = context;
    struct answer *answer = &half->answer;
    const struct addrinfo hints = {.ai_family = half->family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != half->parent)
        return 1;
    answer->code = getaddrinfo(half->name, NULL, &hints, &found);
    for (; answer->code == 0 && found != NULL && answer->count < LIMIT_ADDRESSES_PER_HOST;
         found = found->ai_next)
        memcpy(&answer->list[answer->count++], found->ai_addr, found->ai_addrlen);
    return write(end, answer, sizeof *answer) == sizeof *answer ? 0 : 1;
}

_Static_assert(sizeof(struct answer) <= PIPE_BUF, "an answer arrives as a whole");

/* Reads what the child has sent. A child that parses replies from the network is not trusted: only
 * the bytes of addresses are taken from it. */
static void read_answer(struct half *half)
{
    struct answer *answer = &half->answer;
    if (read(half->end, answer, sizeof *answer) != sizeof *answer ||
        answer->count > LIMIT_ADDRESSES_PER_HOST || answer->code > 0)
        *answer = (struct answer){.code = EAI_FAIL};
    if (answer->code == 0 && answer->count == 0)
        answer->code = EAI_NODATA;
    for (size_t i = 0; i < answer->count; i++)
        answer->list[i].generic.sa_family = (sa_family_t)half->family;
}

/* Waits until both halves have answered, or `limit` has passed. An answer that can be used shortens
 * the time for the other one. */
static void wait_for_answers(struct half halves[HALVES], struct deadline limit)
{
    for (;;) {
        struct pollfd entries[HALVES];
        bool pending = false;
        for (size_t i = 0; i < HALVES; i++) {
            bool waits = halves[i].answer.code == PENDING;
            entries[i] = (struct pollfd){.fd = waits ? halves[i].end : -1, .events = POLLIN};
            pending = pending || waits;
        }
        if (!pending || (poll(entries, HALVES, deadline_left_ms(limit)) <= 0 && errno != EINTR) ||
            deadline_left_ms(limit) == 0)
            return;
        for (size_t i = 0; i < HALVES; i++) {
            if (entries[i].revents == 0)
                continue;
            read_answer(&halves[i]);
            if (halves[i].answer.count > 0 && has_route(&halves[i].answer.list[0]))
                limit = deadline_earlier(limit, deadline_in(OTHER_HALF_MS));
        }
    }
}

static bool ask_both(struct half halves[HALVES], const char *name, struct error *error)
{
    static const int families[HALVES] = {AF_INET, AF_INET6};
    bool started = true;
    for (size_t i = 0; i < HALVES; i++) {
        halves[i] = (struct half){.name = name, .family = families[i], .parent = getpid()};
        halves[i].child = started ? process_start(ask_half, &halves[i], &halves[i].end, error) : -1;
        halves[i].answer.code = PENDING;
        started = halves[i].child >= 0;
    }
    if (started)
        wait_for_answers(halves, deadline_in(LIMIT_RESOLVE_MS));
    for (size_t i = 0; i < HALVES; i++) {
        if (halves[i].child < 0)
            continue;
        kill(halves[i].child, SIGKILL);
        while (waitpid(halves[i].child, NULL, 0) < 0 && errno == EINTR)
            continue;
        close(halves[i].end);
    }
    return started;
}

/* --- the result ------------------------------------------------------------------------------- */

static const char *explanation_of(int code)
{
    if (code == EAI_NONAME)
        return "the name does not exist";
    if (code == EAI_AGAIN || code == PENDING)
        return "no name server answered";
    return code == EAI_NODATA ? "the name has no address" : "the lookup failed";
}

static bool not_found(const char *host, const struct half halves[HALVES], struct error *error)
{
    const char *v4 = explanation_of(halves[V4].answer.code);
    const char *v6 = explanation_of(halves[V6].answer.code);
    bool same = strcmp(v4, v6) == 0;
    return error_refuse(error, ERROR_TRANSIENT,
                        "check the host name, the network and the name servers in /etc/resolv.conf",
                        "cannot find the address of %s: %s%s%s%s", host, same ? "" : "IPv4: ", v4,
                        same ? "" : "; IPv6: ", same ? "" : v6);
}

/* Adds addresses of both families alternately. */
static void add_in_turn(struct addresses *addresses, const struct half halves[HALVES])
{
    const struct answer *answers[HALVES] = {&halves[V4].answer, &halves[V6].answer};
    bool v6_first = answers[V6]->count > 0 && is_reached_from_global_v6(&answers[V6]->list[0]);
    for (size_t i = 0; i < LIMIT_ADDRESSES_PER_HOST; i++)
        for (size_t turn = 0; turn < HALVES; turn++) {
            const struct answer *answer = answers[v6_first ? V6 - turn : turn];
            if (i < answer->count)
                add_address(addresses, &answer->list[i]);
        }
}

static bool line_lists(struct str line, struct str host)
{
    const char *line_end = line.data + line.length;
    struct str rest = line;
    for (size_t at; (at = str_search(rest, host)) < rest.length; rest = str_skip(rest, at + 1)) {
        const char *name = rest.data + at;
        const char *end = name + host.length;
        if (name > line.data && is_space(name[-1]) && (end == line_end || is_space(*end)))
            return true;
    }
    return false;
}

/* True when `host` is one of the names in /etc/hosts, or that file is too large to tell. */
static bool is_in_hosts_file(const char *host)
{
    BUF_AUTO struct buf text = BUF(LONGEST_HOSTS_FILE);
    FD_AUTO int file = open("/etc/hosts", O_RDONLY | O_CLOEXEC);
    if (file >= 0 && !read_all(file, &text))
        return true;
    struct str line;
    for (struct str rest = buf_str(&text); str_next_line(&rest, &line);)
        if (line_lists(str_take(line, str_index_of(line, '#')), str_from(host)))
            return true;
    return false;
}

/* True when the host has no IPv6 address: the answer is not merely missing. */
static bool lacks_v6(const struct half halves[HALVES])
{
    int code = halves[V6].answer.code;
    return code != 0 && code != PENDING && code != EAI_AGAIN;
}

bool resolve(const char *host, enum name_kind kind, struct addresses *addresses,
             struct error *error)
{
    *addresses = (struct addresses){0};
    size_t length = strlen(host);
    if (length == 0 || length >= sizeof addresses->host)
        return error_set(error, ERROR_INTERNAL, "a host name of %zu bytes cannot be resolved",
                         length);
    memcpy(addresses->host, host, length);
    if (add_literal(addresses))
        return true;
    struct half halves[HALVES];
    char name[URL_HOST_SIZE + 1];
    int64_t start = clock_monotonic_ms();
    /* The C library compares names with those in /etc/hosts byte by byte. */
    bool absolute = kind == NAME_OF_AWS && !is_in_hosts_file(host);
    format_text(name, sizeof name, "%s%s", host, absolute ? "." : "");
    if (!ask_both(halves, name, error))
        return false;
    add_in_turn(addresses, halves);
    log_debug("The name %s: %u IPv4 and %u IPv6 address(es), %lld ms", name,
              halves[V4].answer.count, halves[V6].answer.count,
              (long long)(clock_monotonic_ms() - start));
    if (addresses->count == 0)
        return not_found(host, halves, error);
    if (lacks_v6(halves) && !has_route(&halves[V4].answer.list[0]) && has_global_v6())
        addresses->advice =
            "this network has only IPv6, and that host only IPv4 addresses; for AWS's "
            "endpoints with both, set AWS_USE_DUALSTACK_ENDPOINT=true";
    return true;
}
