#include "log/syslog.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FACILITY_DAEMON = 3 << 3, HEADING_SIZE = 32, WAIT_MS = 1000 };

/* Sends a datagram to syslogd. An empty one is not sent, which only checks that syslogd listens. */
static bool send_datagram(struct str datagram, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, SYSLOG_PATH, sizeof SYSLOG_PATH);
    FD_AUTO int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 &&
        connect(descriptor, (const struct sockaddr *)&address, sizeof address) == 0) {
        if (datagram.length == 0)
            return true;
        struct deadline deadline = deadline_in(WAIT_MS);
        do {
            poll(&(struct pollfd){.fd = descriptor, .events = POLLOUT}, 1,
                 deadline_left_ms(deadline));
            if (send(descriptor, datagram.data, datagram.length, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
                return true;
        } while (errno == EAGAIN && deadline_left_ms(deadline) > 0);
    }
    return error_set_errno(error, ERROR_TRANSIENT, errno, "cannot send to syslogd at " SYSLOG_PATH);
}

bool syslog_send(enum log_level level, struct str message, struct error *error)
{
    static const unsigned char severities[] = {
        [LOG_LEVEL_DEBUG] = 7, [LOG_LEVEL_INFO] = 6, [LOG_LEVEL_WARN] = 4, [LOG_LEVEL_ERROR] = 3};
    char datagram[HEADING_SIZE + LIMIT_LOG_LINE];
    size_t length = format_text(datagram, sizeof datagram, "<%u>wcp-tiny[%d]: %.*s",
                                FACILITY_DAEMON | severities[level], getpid(), (int)message.length,
                                message.data);
    return send_datagram(str_bytes(datagram, length), error);
}

bool syslog_is_listening(struct error *error)
{
    return send_datagram((struct str){0}, error);
}
