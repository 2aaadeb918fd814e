/* fleet --rows     measures fleets: a line of tab-separated values for each, and for each step of a
 *                  curve (tests/fleet/report.py reads them)
 * fleet --check    sees that the product reaches the goals, and that worse policies do not (Test
 *                  Anything Protocol) */
#include "fleet/fleet.h"

#include <stdio.h>
#include <string.h>

enum {
    SEEDS = 10,
    SEEDS_OF_OTHERS = 3,
    SEEDS_OF_CHECK = 5,
    ALONE_MS = 10 * 1000,   /* a single box is fresh */
    MOST_TRIES = 40,        /* workers that a box starts */
    MOST_REFUSED = 90,      /* percent of all calls */
    MOST_REFUSED_LATER = 5, /* on the next day */
    GOAL_FROM = 100,        /* boxes; fewer are done before they learn anything */
    GOAL_TENTHS = 15,       /* of the ideal time */
    PERCENT = 100,
};

static const char *const policy_names[] = {
    [FLEET_PRODUCT] = "product",
    [FLEET_EACH_MINUTE] = "each minute",
    [FLEET_EACH_SECOND] = "each second",
    [FLEET_WITHOUT_JITTER] = "without jitter",
    [FLEET_IN_THE_WORKER] = "in the worker",
};

static struct fleet_result result; /* too large for a stack */

/* --- measuring --- */

/* Prints: policy, with Roles Anywhere, boxes, ideal time; mean and worst of the time until all were
 * fresh; means of calls and of refused calls; mean and most of the tries of a box; means of calls
 * and of refused calls of the next day. Times are in milliseconds. */
static void print_row(enum fleet_policy policy, bool roles_anywhere, unsigned boxes, unsigned seeds)
{
    struct fleet_result sum = {.all_fresh = 0};
    int64_t worst = 0;
    for (unsigned seed = 1; seed <= seeds; seed++) {
        const struct fleet_terms terms = {boxes, roles_anywhere, policy, seed};
        fleet_play(&terms, &result);
        worst = result.all_fresh > worst ? result.all_fresh : worst;
        sum.all_fresh += result.all_fresh;
        sum.calls += result.calls;
        sum.refused += result.refused;
        sum.tries += result.tries;
        sum.next_day_calls += result.next_day_calls;
        sum.next_day_refused += result.next_day_refused;
        if (result.most_tries > sum.most_tries)
            sum.most_tries = result.most_tries;
    }
    printf("row\t%s\t%d\t%u\t%lld\t%lld\t%lld\t%llu\t%llu\t%.1f\t%u\t%llu\t%llu\n",
           policy_names[policy], roles_anywhere, boxes, (long long)fleet_ideal(boxes),
           (long long)(sum.all_fresh / seeds), (long long)worst,
           (unsigned long long)(sum.calls / seeds), (unsigned long long)(sum.refused / seeds),
           (double)sum.tries / seeds / boxes, sum.most_tries,
           (unsigned long long)(sum.next_day_calls / seeds),
           (unsigned long long)(sum.next_day_refused / seeds));
}

/* Prints when each hundredth of the boxes was fresh. */
static void print_curve(unsigned boxes)
{
    const struct fleet_terms terms = {.boxes = boxes, .seed = 1};
    fleet_play(&terms, &result);
    for (unsigned percent = 1; percent <= PERCENT; percent++)
        printf("curve\t%u\t%u\t%lld\n", boxes, percent,
               (long long)result.first_day[boxes * percent / PERCENT - 1]);
}

static void print_rows(void)
{
    static const unsigned sizes[] = {1, 10, 100, 300, 1000, 3000, 10000};
    static const unsigned curves[] = {100, 1000, 10000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        print_row(FLEET_PRODUCT, false, sizes[i], SEEDS);
        print_row(FLEET_PRODUCT, true, sizes[i], SEEDS);
        if (sizes[i] < GOAL_FROM)
            continue;
        print_row(FLEET_EACH_MINUTE, false, sizes[i], SEEDS_OF_OTHERS);
        print_row(FLEET_WITHOUT_JITTER, false, sizes[i], SEEDS_OF_OTHERS);
    }
    print_row(FLEET_EACH_SECOND, false, 1000, SEEDS_OF_OTHERS);
    print_row(FLEET_IN_THE_WORKER, false, 1000, SEEDS_OF_OTHERS);
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
        print_curve(curves[i]);
}

/* --- checking --- */

static bool exceeds(uint64_t part, uint64_t whole, unsigned percent)
{
    return part * PERCENT > whole * percent;
}

/* Returns the goal that a fleet of these terms misses; NULL: it reaches all. */
static const char *missed_goal(const struct fleet_terms *terms)
{
    fleet_play(terms, &result);
    if (terms->boxes == 1 && result.all_fresh > ALONE_MS)
        return "a box alone is fresh within 10 s";
    if (terms->boxes >= GOAL_FROM &&
        result.all_fresh * 10 > fleet_ideal(terms->boxes) * GOAL_TENTHS)
        return "all are fresh within 1.5 times the ideal";
    if (result.most_tries > MOST_TRIES)
        return "no box starts more than 40 workers";
    if (exceeds(result.refused, result.calls, MOST_REFUSED))
        return "at most 90 % of the calls are refused";
    if (exceeds(result.next_day_refused, result.next_day_calls, MOST_REFUSED_LATER))
        return "at most 5 % of the next day's calls are refused";
    return result.next_day_all_fresh ? NULL : "all are fetched the next day";
}

static bool check_product(bool roles_anywhere)
{
    static const unsigned sizes[] = {1, 100, 1000};
    bool good = true;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (unsigned seed = 1; seed <= SEEDS_OF_CHECK; seed++) {
            const struct fleet_terms terms = {sizes[i], roles_anywhere, FLEET_PRODUCT, seed};
            const char *missed = missed_goal(&terms);
            if (missed != NULL)
                printf("# %u boxes, seed %u: it is not so that %s\n", sizes[i], seed, missed);
            good = good && missed == NULL;
        }
    return good;
}

/* A goal that nothing can miss would be no goal. */
static bool check_other(enum fleet_policy policy)
{
    const struct fleet_terms terms = {1000, false, policy, 1};
    const char *missed = missed_goal(&terms);
    printf("# missed: %s\n", missed == NULL ? "none" : missed);
    return missed != NULL;
}

static bool say(unsigned number, bool good, const char *what, const char *name)
{
    printf("%s %u - %s%s\n", good ? "ok" : "not ok", number, what, name);
    return good;
}

static bool check_all(void)
{
    unsigned number = 2;
    bool good = say(1, check_product(false), "a fleet reaches its goals", "");
    good = say(2, check_product(true), "so it does with Roles Anywhere", "") && good;
    for (unsigned policy = FLEET_PRODUCT + 1; policy <= FLEET_IN_THE_WORKER; policy++)
        good = say(++number, check_other((enum fleet_policy)policy),
                   "the goals are missed by trying ", policy_names[policy]) &&
               good;
    printf("1..%u\n", number);
    return good;
}

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "--check") == 0)
        return check_all() ? 0 : 1;
    if (count == 2 && strcmp(words[1], "--rows") == 0) {
        print_rows();
        return 0;
    }
    fputs("usage: fleet --rows | --check\n", stderr);
    return 2;
}
