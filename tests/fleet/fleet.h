/* A site of boxes that power up in the same second and share AWS's quotas. Schedule, life cycle and
 * the workers' back-off are the product's; boxes, network and AWS are simulated, and so is the
 * time, in milliseconds. */
#ifndef WCP_FLEET_FLEET_H
#define WCP_FLEET_FLEET_H

#include <stdbool.h>
#include <stdint.h>

enum { FLEET_CERTIFICATES = 3, FLEET_MOST_BOXES = 10000 };

/* How boxes react to throttling. */
enum fleet_policy {
    FLEET_PRODUCT,        /* as the product does */
    FLEET_EACH_MINUTE,    /* after a minute, always */
    FLEET_EACH_SECOND,    /* after a second, always */
    FLEET_WITHOUT_JITTER, /* as the product, with the same random numbers in all boxes */
    FLEET_IN_THE_WORKER,  /* as the product, and each call is repeated by the worker before */
};

struct fleet_terms {
    unsigned boxes;
    bool roles_anywhere; /* each batch begins with a call of CreateSession */
    enum fleet_policy policy;
    uint64_t seed;
};

struct fleet_result {
    int64_t first_day[FLEET_MOST_BOXES]; /* when each box was fresh, in the order of time */
    int64_t all_fresh;
    uint64_t calls; /* of ExportCertificate and CreateSession, until all were fresh */
    uint64_t refused;
    uint64_t tries; /* workers started until all were fresh */
    unsigned most_tries;
    uint64_t next_day_calls;
    uint64_t next_day_refused;
    bool next_day_all_fresh;
};

/* The time in which a quota of 10 calls a second can serve all certificates of so many boxes. */
int64_t fleet_ideal(unsigned boxes);

/* Plays two days of a fleet. */
void fleet_play(const struct fleet_terms *terms, struct fleet_result *result);

#endif
