/* Packs text files into a C source (src/command/embedded.h says how), written to standard output.
 *
 *   embed PATH...
 *
 * rootfs/usr/lib/x is named %usr%lib%x, after its place on a device; another file keeps its last
 * component only.
 *
 * The shortest coding under the format's fixed costs is found backwards from the end. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_INPUT = 1 << 20, LONGEST_MATCH = 255, LITERAL_BITS = 7, LOW_BITS = 7 };

static unsigned char text[MOST_INPUT];
static size_t length;

/* The cheapest way on from each place: bits to the end, and its first step. */
static struct step {
    size_t cost, match, distance; /* match 0: a literal */
} steps[MOST_INPUT + 1];

static unsigned bit_count, byte;
static size_t packed;

static void refuse(const char *what, const char *path)
{
    fprintf(stderr, "embed: %s: %s\n", path, what);
    exit(1);
}

static const char root[] = "rootfs";

static bool is_placed(const char *path)
{
    return strncmp(path, root, sizeof root - 1) == 0;
}

static void add_name(const char *path)
{
    const char *name = is_placed(path) ? path + sizeof root - 1 : strrchr(path, '/') + 1;
    if (length + 2 * strlen(path) > MOST_INPUT)
        refuse("is too much", path);
    for (; *name != '\0'; name++)
        text[length++] = *name == '/' ? '%' : (unsigned char)*name;
    text[length++] = '\0';
}

/* Without indentation, and lines that are comments, from `start` on; the first line stays. */
static void strip(size_t start)
{
    size_t end = start;
    bool blank = false;
    for (size_t at = start; at < length; at++) {
        bool comment = blank && text[at] == '#';
        while (comment && at < length && text[at] != '\n')
            at++;
        if (at == length || (blank && (comment || strchr("\n\t ", text[at]) != NULL)))
            continue;
        blank = text[at] == '\n';
        text[end++] = text[at];
    }
    length = end;
}

static void add_file(const char *path)
{
    add_name(path);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        refuse("cannot be read", path);
    size_t start = length;
    length += fread(text + length, 1, MOST_INPUT - length - 1, file);
    if (ferror(file) != 0 || memchr(text + start, '\0', length - start) != NULL)
        refuse("is no text", path);
    fclose(file);
    for (size_t i = start; i < length; i++)
        if (text[i] > 0x7f)
            refuse("has a character that is not ASCII", path);
    if (!is_placed(path) && strcmp(strrchr(path, '.'), ".sh") == 0)
        strip(start);
    text[length++] = '\0';
}

static unsigned gamma_bits(size_t number)
{
    unsigned bits = 1;
    for (; number > 1; number >>= 1)
        bits += 2;
    return bits;
}

static size_t match_cost(size_t match, size_t distance)
{
    return 1 + gamma_bits(match - 1) + gamma_bits(((distance - 1) >> LOW_BITS) + 1) + LOW_BITS;
}

static void plan_step(size_t at)
{
    struct step *best = &steps[at];
    size_t longest = 1; /* a longer distance pays for longer matches only */
    *best = (struct step){.cost = 1 + LITERAL_BITS + steps[at + 1].cost};
    for (size_t distance = 1; distance <= at; distance++) {
        size_t match = 0;
        while (match < LONGEST_MATCH && at + match < length &&
               text[at + match] == text[at + match - distance])
            match++;
        for (size_t i = longest + 1; i <= match; i++) {
            size_t cost = match_cost(i, distance) + steps[at + i].cost;
            if (cost < best->cost)
                *best = (struct step){cost, i, distance};
        }
        if (match > longest)
            longest = match;
    }
}

static void put_byte(void)
{
    printf("%s0x%02x,", packed % 16 == 0 ? "\n    " : " ", byte);
    packed++;
    byte = 0;
    bit_count = 0;
}

static void put_bits(size_t value, unsigned count)
{
    while (count-- > 0) {
        byte = byte << 1 | (unsigned)(value >> count & 1);
        if (++bit_count == 8)
            put_byte();
    }
}

/* Elias gamma: as many zeros as there are bits after the first, then the number. */
static void put_gamma(size_t number)
{
    unsigned bits = gamma_bits(number) / 2;
    put_bits(0, bits);
    put_bits(number, bits + 1);
}

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++)
        add_file(arguments[i]);
    for (size_t at = length; at-- > 0;)
        plan_step(at);
    printf("/* Made by tools/embed.c. */\n#include \"command/embedded.h\"\n\n"
           "const uint8_t embedded_packed[] = {");
    for (size_t at = 0; at < length;) {
        const struct step *step = &steps[at];
        put_bits(step->match == 0, 1);
        if (step->match == 0) {
            put_bits(text[at++], LITERAL_BITS);
            continue;
        }
        put_gamma(step->match - 1);
        put_gamma(((step->distance - 1) >> LOW_BITS) + 1);
        put_bits((step->distance - 1) & ((1 << LOW_BITS) - 1), LOW_BITS);
        at += step->match;
    }
    while (bit_count != 0)
        put_bits(0, 1);
    printf("\n};\nconst size_t embedded_length = %zu;\n", length);
    return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : 1;
}
