/* What happens to the world in one history: made from a seed, and made smaller when it fails. */
#ifndef WCP_SIMULATION_PLAN_H
#define WCP_SIMULATION_PLAN_H

#include "simulation/faults.h"

enum { PLAN_EVENTS = 24, CERTIFICATES = SUBJECTS };

enum event_kind {
    EVENT_NONE,       /* taken out */
    EVENT_RENEW,      /* AWS renews a certificate: `which` */
    EVENT_OUTAGE,     /* AWS answers with `how` until `lasts` is over */
    EVENT_ONCE,       /* somebody runs: once; `how`: with --force */
    EVENT_RECOVER,    /* somebody runs: recover */
    EVENT_SECOND_RUN, /* somebody starts a second agent */
    EVENT_EDIT,       /* a person overwrites a file of a certificate */
    EVENT_DROP,       /* an administrator drops a configuration, `how` it is written */
    EVENT_SIGNAL,     /* the agent gets a signal: `how` */
    EVENT_KILL,       /* a process is killed at its call number `after` from now */
    EVENT_CUT,        /* the power is cut `after` calls from now */
    EVENT_FAULT,      /* calls fail */
    EVENT_UNMOUNT,    /* a file system goes, and comes back when `lasts` is over */
    EVENT_READ_ONLY,  /* a file system is read-only for so long */
    EVENT_IMMUTABLE,  /* a file is immutable for so long */
    EVENT_CLOCK,      /* the clock is set: by `amount` seconds */
    EVENT_LOCK,       /* somebody else locks a certificate's directory for so long */
    EVENT_KINDS,
};

struct event {
    enum event_kind kind;
    int64_t at;    /* nanoseconds since the history began */
    int64_t lasts; /* nanoseconds */
    int64_t amount;
    unsigned which; /* a certificate, a disk, a process */
    unsigned how;
    unsigned after; /* so many system calls later */
    bool at_moves;  /* count only those that move a file */
    struct fault fault;
};

/* How the files of a certificate are laid out. */
struct layout {
    bool key_elsewhere; /* the key lies on another file system */
    bool chain;
    bool combined;
    unsigned hook; /* 0: none; certificates with the same number share the command */
    bool served;   /* served_at is configured */
};

struct plan {
    uint64_t seed;
    unsigned certificates;
    struct layout layouts[CERTIFICATES];
    unsigned user; /* of the agent; 0: root */
    bool one_role;
    unsigned interval_hours;
    bool no_exchange;
    bool no_hard_links;
    bool sync_names;
    enum cut_mode cut_mode;
    bool clock_never_set; /* it starts in 1970 */
    unsigned switch_once_in;
    unsigned slowness;          /* of system calls */
    unsigned bad_fetch_once_in; /* 0: never */
    unsigned bad_hook_once_in;
    int64_t chaos_ends;
    struct event events[PLAN_EVENTS];
    unsigned event_count;
};

void plan_make(uint64_t seed, struct plan *plan);
void plan_print(const struct plan *plan);

#endif
