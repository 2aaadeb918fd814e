/* Random numbers from a seed: the same seed gives the same numbers on every machine. */
#ifndef WCP_SIMULATION_DICE_H
#define WCP_SIMULATION_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

/* The generator is SplitMix64. */
static inline uint64_t dice_next(struct dice *dice)
{
    uint64_t mixed = dice->state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

/* Returns a number from 0 to bound - 1. The slight bias of the remainder does not matter here. */
static inline unsigned dice_roll(struct dice *dice, unsigned bound)
{
    return (unsigned)((dice_next(dice) >> 32) % bound);
}

/* Returns a number from `low` to `high`, both included. */
static inline int64_t dice_between(struct dice *dice, int64_t low, int64_t high)
{
    return low + (int64_t)(dice_next(dice) % (uint64_t)(high - low + 1));
}

/* Returns true once in `times` calls, on average. */
static inline bool dice_hit(struct dice *dice, unsigned times)
{
    return dice_roll(dice, times) == 0;
}

#endif
