#include "simulation/faults.h"

#include "simulation/history.h"

#include <string.h>

static struct fault faults[FAULTS];
static unsigned fault_count;
static unsigned hits;
static unsigned hits_of[CALLS];

void faults_clear(void)
{
    fault_count = 0;
    hits = 0;
    memset(hits_of, 0, sizeof hits_of);
}

void fault_add(const struct fault *fault)
{
    if (fault_count < FAULTS)
        faults[fault_count++] = *fault;
}

bool fault_hit_call(enum call call)
{
    return hits_of[call] > 0;
}

bool faults_allow_to_go_back(void)
{
    for (unsigned i = 0; i < fault_count; i++)
        if (faults[i].disk != 2 ||
            (faults[i].call != CALL_rename && faults[i].call != CALL_exchange))
            return false;
    return true;
}

unsigned faults_hit(void)
{
    return hits;
}

static bool concerns(const struct fault *fault, enum call call, const struct disk *disk)
{
    return fault->call == call && fault->times > 0 &&
           (fault->disk < 0 || (disk != NULL && fault->disk == (int)disk->index)) &&
           (fault->process[0] == '\0' || strcmp(fault->process, current->name) == 0);
}

int fault_of(enum call call, const struct disk *disk)
{
    for (unsigned i = 0; i < fault_count; i++) {
        struct fault *fault = &faults[i];
        if (!concerns(fault, call, disk))
            continue;
        if (fault->after > 0) {
            fault->after--;
            continue;
        }
        fault->times--;
        hits++;
        hits_of[call]++;
        history("%s fails, as planned: %s", call_name(call), strerror(fault->number));
        return -fault->number;
    }
    return 0;
}
