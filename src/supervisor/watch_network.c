#include "supervisor/watch_network.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

int watch_network_open(void)
{
    const struct sockaddr_nl groups = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR |
                     RTMGRP_IPV6_ROUTE,
    };
    int events = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (events < 0 || bind(events, (const struct sockaddr *)&groups, sizeof groups) == 0)
        return events;
    close(events);
    return -1;
}

void watch_network_drain(int events)
{
    char message[1024];
    while (recv(events, message, sizeof message, MSG_TRUNC) > 0)
        continue;
}
