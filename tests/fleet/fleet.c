#include "fleet/fleet.h"

#include "aws/back_off.h"
#include "fleet/quota.h"
#include "simulation/dice.h"
#include "supervisor/life_cycle.h"
#include "supervisor/schedule.h"

#include <stdlib.h>
#include <string.h>

/* What is assumed. Quotas are AWS's defaults for an account and region; the times are those of a
 * slow box on a slow line. */
enum {
    ACM_RATE = 10,
    ROLES_ANYWHERE_RATE = 10,
    STS_RATE = 600,
    POWER_UP = 1000, /* boxes start within this time */
    STARTUP_JITTER = 5000,
    CONNECT_LEAST = 200, /* name, connection, handshake */
    CONNECT_MOST = 600,
    CALL_LEAST = 50,
    CALL_MOST = 150,
    MOST_ATTEMPTS = 3,
};

static const int64_t HOUR = 3600 * 1000;
static const int64_t DAY = 24 * 3600 * 1000;

enum step { STEP_WAIT, STEP_SESSION, STEP_ROLE, STEP_EXPORT };

struct box {
    struct schedule schedule;
    struct life_cycle lives[FLEET_CERTIFICATES];
    enum step step;
    int64_t at; /* of the step */
    unsigned attempt;
    size_t members[FLEET_CERTIFICATES]; /* of the batch */
    size_t count;
    size_t member;
    unsigned tries;
    bool was_fresh;
};

struct fleet {
    const struct fleet_terms *terms;
    struct fleet_result *result;
    struct dice dice;
    struct quota acm;
    struct quota roles_anywhere;
    struct quota sts;
    struct box *boxes;
    unsigned *queue; /* a heap: the box with the earliest step is first */
    unsigned fresh;
};

int64_t fleet_ideal(unsigned boxes)
{
    return (int64_t)boxes * FLEET_CERTIFICATES * 1000 / ACM_RATE;
}

/* --- the queue of steps --- */

static bool is_earlier(const struct fleet *fleet, unsigned a, unsigned b)
{
    return fleet->boxes[fleet->queue[a]].at < fleet->boxes[fleet->queue[b]].at;
}

static void swap(struct fleet *fleet, unsigned a, unsigned b)
{
    unsigned kept = fleet->queue[a];
    fleet->queue[a] = fleet->queue[b];
    fleet->queue[b] = kept;
}

/* The step of the box at this place was moved to a later time. */
static void sink(struct fleet *fleet, unsigned place)
{
    for (unsigned child; (child = 2 * place + 1) < fleet->terms->boxes; place = child) {
        if (child + 1 < fleet->terms->boxes && is_earlier(fleet, child + 1, child))
            child++;
        if (!is_earlier(fleet, child, place))
            return;
        swap(fleet, place, child);
    }
}

/* --- a box --- */

static uint32_t random_number(struct fleet *fleet)
{
    uint32_t number = (uint32_t)(dice_next(&fleet->dice) >> 32);
    return fleet->terms->policy == FLEET_WITHOUT_JITTER ? UINT32_MAX / 2 : number;
}

static void go_on(struct fleet *fleet, struct box *box, enum step step, int64_t least, int64_t most)
{
    box->step = step;
    box->at += dice_between(&fleet->dice, least, most);
    box->attempt = 1;
}

/* The next call follows on the same connection. */
static void call_next(struct fleet *fleet, struct box *box)
{
    go_on(fleet, box, STEP_EXPORT, CALL_LEAST, CALL_MOST);
}

static void plan_retry(struct fleet *fleet, struct box *box, size_t index)
{
    schedule_fetch_ended(&box->schedule, index, ERROR_THROTTLED, box->at);
    if (fleet->terms->policy == FLEET_EACH_MINUTE)
        box->schedule.entries[index].retry_at = box->at + 60 * 1000;
    else if (fleet->terms->policy == FLEET_EACH_SECOND)
        box->schedule.entries[index].retry_at = box->at + 1000;
}

static void apply(struct fleet *fleet, struct box *box, size_t index, enum life_event event)
{
    unsigned actions = life_cycle_next(&box->lives[index], event);
    if ((actions & ACTION_PLAN_NEXT_FETCH) != 0)
        schedule_fetch_ended(&box->schedule, index, ERROR_NONE, box->at);
    if ((actions & ACTION_PLAN_FETCH_RETRY) != 0)
        plan_retry(fleet, box, index);
}

static void end_member(struct fleet *fleet, struct box *box, bool fetched)
{
    size_t index = box->members[box->member++];
    if (!fetched) {
        apply(fleet, box, index, LIFE_FETCH_FAILED);
        return;
    }
    apply(fleet, box, index, LIFE_FETCH_ENDED);
    apply(fleet, box, index, LIFE_UPDATED);
    apply(fleet, box, index, LIFE_IN_PLACE);
}

static bool is_fresh(const struct box *box)
{
    for (size_t i = 0; i < FLEET_CERTIFICATES; i++)
        if (!life_cycle_is_fresh(&box->lives[i]))
            return false;
    return true;
}

/* The worker has ended. */
static void end_batch(struct fleet *fleet, struct box *box)
{
    struct fleet_result *result = fleet->result;
    if (!box->was_fresh && is_fresh(box)) {
        box->was_fresh = true;
        result->first_day[fleet->fresh++] = box->at;
        result->all_fresh = box->at;
        result->tries += box->tries;
        if (box->tries > result->most_tries)
            result->most_tries = box->tries;
    }
    int64_t next = schedule_next_fetch(&box->schedule);
    box->step = STEP_WAIT;
    box->at = next > box->at ? next : box->at;
}

static void start_batch(struct fleet *fleet, struct box *box)
{
    bool chosen[LIMIT_CERTIFICATES];
    schedule_start_due(&box->schedule, box->at, random_number(fleet), chosen);
    box->tries++;
    box->count = 0;
    box->member = 0;
    for (size_t i = 0; i < FLEET_CERTIFICATES; i++) {
        if (!chosen[i])
            continue;
        apply(fleet, box, i, LIFE_FETCH_DUE);
        apply(fleet, box, i, LIFE_FETCH_STARTED);
        box->members[box->count++] = i;
    }
    go_on(fleet, box, fleet->terms->roles_anywhere ? STEP_SESSION : STEP_ROLE, CONNECT_LEAST,
          CONNECT_MOST);
}

/* The call of this step was refused. */
static void be_refused(struct fleet *fleet, struct box *box)
{
    const struct back_off policy = {MOST_ATTEMPTS, fleet->terms->policy != FLEET_IN_THE_WORKER};
    uint32_t wait;
    if (back_off_permits(&policy, box->attempt, ERROR_THROTTLED, random_number(fleet), &wait)) {
        box->attempt++;
        box->at += wait + dice_between(&fleet->dice, CALL_LEAST, CALL_MOST);
        return;
    }
    if (box->step != STEP_EXPORT || back_off_ends_all(&policy, ERROR_THROTTLED)) {
        while (box->member < box->count)
            end_member(fleet, box, false);
    } else {
        end_member(fleet, box, false);
        call_next(fleet, box);
    }
    if (box->member == box->count)
        end_batch(fleet, box);
}

static void export(struct fleet *fleet, struct box *box)
{
    if (!quota_allows(&fleet->acm, box->at)) {
        be_refused(fleet, box);
        return;
    }
    call_next(fleet, box); /* the reply takes its time, too */
    end_member(fleet, box, true);
    if (box->member == box->count)
        end_batch(fleet, box);
}

static void take_step(struct fleet *fleet, struct box *box)
{
    switch (box->step) {
    case STEP_WAIT:
        start_batch(fleet, box);
        break;
    case STEP_SESSION:
        if (quota_allows(&fleet->roles_anywhere, box->at))
            go_on(fleet, box, STEP_ROLE, CONNECT_LEAST, CONNECT_MOST);
        else
            be_refused(fleet, box);
        break;
    case STEP_ROLE:
        if (quota_allows(&fleet->sts, box->at))
            go_on(fleet, box, STEP_EXPORT, CONNECT_LEAST, CONNECT_MOST);
        else
            be_refused(fleet, box);
        break;
    case STEP_EXPORT:
        export(fleet, box);
        break;
    }
}

/* --- the fleet --- */

static void power_up(struct fleet *fleet, struct box *box)
{
    static const size_t roles[FLEET_CERTIFICATES] = {0, 0, 0};
    int64_t now = dice_between(&fleet->dice, 0, POWER_UP - 1);
    memset(box, 0, sizeof *box);
    schedule_init(&box->schedule, roles, FLEET_CERTIFICATES, DAY,
                  now + dice_between(&fleet->dice, 0, STARTUP_JITTER));
    box->at = schedule_next_fetch(&box->schedule);
}

static void play_until(struct fleet *fleet, int64_t end, bool until_fresh)
{
    struct box *box;
    while ((box = &fleet->boxes[fleet->queue[0]])->at < end &&
           !(until_fresh && fleet->fresh == fleet->terms->boxes)) {
        take_step(fleet, box);
        sink(fleet, 0);
    }
}

static void count_calls(const struct fleet *fleet, uint64_t *calls, uint64_t *refused)
{
    *calls = fleet->acm.calls + fleet->roles_anywhere.calls - *calls;
    *refused = fleet->acm.refused + fleet->roles_anywhere.refused - *refused;
}

void fleet_play(const struct fleet_terms *terms, struct fleet_result *result)
{
    struct fleet fleet = {.terms = terms,
                          .result = result,
                          .dice = {terms->seed},
                          .acm = quota_of(ACM_RATE),
                          .roles_anywhere = quota_of(ROLES_ANYWHERE_RATE),
                          .sts = quota_of(STS_RATE),
                          .boxes = malloc(terms->boxes * sizeof *fleet.boxes),
                          .queue = malloc(terms->boxes * sizeof *fleet.queue)};
    memset(result, 0, sizeof *result);
    if (fleet.boxes == NULL || fleet.queue == NULL)
        abort();
    for (unsigned i = 0; i < terms->boxes; i++) {
        power_up(&fleet, &fleet.boxes[i]);
        fleet.queue[i] = i;
    }
    for (unsigned i = terms->boxes; i-- > 0;)
        sink(&fleet, i);
    play_until(&fleet, DAY / 2, true);
    count_calls(&fleet, &result->calls, &result->refused);
    play_until(&fleet, DAY / 2, false);
    count_calls(&fleet, &result->next_day_calls, &result->next_day_refused);
    play_until(&fleet, DAY + 12 * HOUR, false);
    count_calls(&fleet, &result->next_day_calls, &result->next_day_refused);
    result->next_day_all_fresh = fleet.fresh == terms->boxes;
    for (unsigned i = 0; i < terms->boxes; i++)
        result->next_day_all_fresh = result->next_day_all_fresh && is_fresh(&fleet.boxes[i]);
    free(fleet.boxes);
    free(fleet.queue);
}
