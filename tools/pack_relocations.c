/* Packs the relocations of a stripped executable as DT_RELR does (gABI chapter 5), for linkers that
 * cannot: an address and bitmaps of those behind it, instead of two or three words for each.
 *
 *   pack_relocations FILE
 *
 * What is left of their table is taken off the file's end, where board/layout.ld puts it. All of
 * them must be relative ones; a file that the linker packed, or that has none, is left as it is. */
#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 22, NOT_THERE = -1 };

static const char *path;
static unsigned char file[MOST_BYTES];
static size_t size;
static bool wide; /* words of 64 bits */
static bool big;  /* the most significant byte first */
static size_t word;

static void refuse(const char *what)
{
    fprintf(stderr, "pack_relocations: %s: %s\n", path, what);
    exit(1);
}

static uint64_t get(size_t at, size_t bytes)
{
    uint64_t value = 0;
    if (at > size || size - at < bytes)
        refuse("is damaged");
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | file[big ? at + i : at + bytes - 1 - i];
    return value;
}

static void put(size_t at, uint64_t value)
{
    for (size_t i = 0; i < word; i++, value >>= 8)
        file[big ? at + word - 1 - i : at + i] = (unsigned char)value;
}

/* --- program headers --- */

enum field { OFFSET, ADDRESS, FILE_SIZE };

static size_t header_at(size_t index)
{
    size_t first = get(wide ? 32 : 28, word);
    return first + index * (wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));
}

static size_t header_count(void)
{
    return get(wide ? 56 : 44, 2);
}

static size_t place_of(size_t header, enum field field)
{
    static const unsigned char places[][2] = {
        [OFFSET] = {offsetof(Elf32_Phdr, p_offset), offsetof(Elf64_Phdr, p_offset)},
        [ADDRESS] = {offsetof(Elf32_Phdr, p_vaddr), offsetof(Elf64_Phdr, p_vaddr)},
        [FILE_SIZE] = {offsetof(Elf32_Phdr, p_filesz), offsetof(Elf64_Phdr, p_filesz)},
    };
    return header + places[field][wide];
}

/* The header of the segment that `address` is loaded with. */
static size_t segment_of(uint64_t address)
{
    for (size_t i = 0; i < header_count(); i++) {
        size_t header = header_at(i);
        uint64_t first = get(place_of(header, ADDRESS), word);
        if (get(header, 4) == PT_LOAD && address >= first &&
            address - first < get(place_of(header, FILE_SIZE), word))
            return header;
    }
    refuse("relocates what is not in it");
    return 0;
}

static size_t in_file(uint64_t address)
{
    size_t header = segment_of(address);
    return address - get(place_of(header, ADDRESS), word) + get(place_of(header, OFFSET), word);
}

/* --- the dynamic section --- */

/* Where the entry with this tag is, or NOT_THERE. */
static ssize_t entry_of(uint64_t tag)
{
    for (size_t i = 0; i < header_count(); i++) {
        if (get(header_at(i), 4) != PT_DYNAMIC)
            continue;
        size_t at = get(place_of(header_at(i), OFFSET), word);
        for (; get(at, word) != DT_NULL; at += 2 * word)
            if (get(at, word) == tag)
                return (ssize_t)at;
    }
    return NOT_THERE;
}

static void replace(uint64_t tag, uint64_t new_tag, uint64_t value)
{
    ssize_t at = entry_of(tag);
    if (at == NOT_THERE)
        refuse("lacks an entry of its dynamic section");
    put((size_t)at, new_tag);
    put((size_t)at + word, value);
}

static void drop(uint64_t tag)
{
    ssize_t at = entry_of(tag);
    for (; at != NOT_THERE && get((size_t)at, word) != DT_NULL; at += (ssize_t)(2 * word))
        memmove(file + at, file + (size_t)at + 2 * word, 2 * word);
}

/* --- relocations --- */

_Static_assert(R_386_RELATIVE == R_X86_64_RELATIVE && R_RISCV_RELATIVE == R_MIPS_REL32,
               "they share a case");

static bool is_relative(uint64_t info)
{
    switch (get(18, 2)) {
    case EM_386:
    case EM_X86_64:
        return info == R_X86_64_RELATIVE;
    case EM_ARM:
        return info == R_ARM_RELATIVE;
    case EM_AARCH64:
        return info == R_AARCH64_RELATIVE;
    case EM_RISCV:
    case EM_MIPS: /* with symbol 0 */
        return info == R_RISCV_RELATIVE;
    default:
        return false;
    }
}

static int compare(const void *a, const void *b)
{
    const uint64_t *first = a;
    const uint64_t *second = b;
    return (*first > *second) - (*first < *second);
}

/* The addresses of a table, sorted; addends go to where DT_RELR has them. Returns how many. */
static size_t read_table(size_t at, size_t length, bool addends, uint64_t *addresses)
{
    size_t count = 0;
    size_t step = (addends ? 3 : 2) * word;
    for (size_t end = at + length; at < end; at += step) {
        uint64_t info = get(at + word, word);
        if (info == 0)
            continue; /* R_MIPS_NONE, which comes first there */
        addresses[count] = get(at, word);
        if (!is_relative(info) || addresses[count] % word != 0)
            refuse("has a relocation that cannot be packed");
        if (addends)
            put(in_file(addresses[count]), get(at + 2 * word, word));
        count++;
    }
    qsort(addresses, count, sizeof addresses[0], compare);
    return count;
}

/* Writes the packed table; returns its length. */
static size_t write_table(size_t at, const uint64_t *addresses, size_t count)
{
    size_t start = at;
    const size_t covered = 8 * word - 1; /* words, by one bitmap */
    for (size_t i = 0; i < count;) {
        uint64_t next = addresses[i] + word;
        put(at, addresses[i++]);
        at += word;
        for (;; next += covered * word, at += word) {
            uint64_t bits = 0;
            for (; i < count && addresses[i] - next < covered * word; i++)
                bits |= (uint64_t)2 << (addresses[i] - next) / word;
            if (bits == 0)
                break;
            put(at, bits | 1);
        }
    }
    return at - start;
}

static void pack(bool addends)
{
    uint64_t tag = addends ? DT_RELA : DT_REL;
    ssize_t table = entry_of(tag);
    if (table == NOT_THERE)
        return;
    uint64_t address = get((size_t)table + word, word);
    ssize_t sizes = entry_of(addends ? DT_RELASZ : DT_RELSZ);
    uint64_t length = sizes == NOT_THERE ? 0 : get((size_t)sizes + word, word);
    if (length == 0)
        return;
    size_t header = segment_of(address);
    size_t at = in_file(address);
    if (at + length != size || entry_of(DT_RELR) != NOT_THERE)
        refuse("has its relocations somewhere else than at its end");
    uint64_t *addresses = calloc(length / word, sizeof *addresses);
    if (addresses == NULL)
        refuse("is too large");
    size_t count = read_table(at, length, addends, addresses);
    size_t packed = write_table(at, addresses, count);
    free(addresses);
    replace(tag, DT_RELR, address);
    replace(addends ? DT_RELASZ : DT_RELSZ, DT_RELRSZ, packed);
    replace(addends ? DT_RELAENT : DT_RELENT, DT_RELRENT, word);
    drop(addends ? DT_RELACOUNT : DT_RELCOUNT);
    put(place_of(header, FILE_SIZE), get(place_of(header, FILE_SIZE), word) - (length - packed));
    size = at + packed;
}

int main(int count, char **arguments)
{
    path = count == 2 ? arguments[1] : "";
    FILE *stream = fopen(path, "r+b");
    if (stream == NULL)
        refuse("cannot be opened");
    size = fread(file, 1, sizeof file, stream);
    if (size < sizeof(Elf64_Ehdr) || size == sizeof file || memcmp(file, ELFMAG, SELFMAG) != 0)
        refuse("is no ELF file of the size expected");
    wide = file[EI_CLASS] == ELFCLASS64;
    big = file[EI_DATA] == ELFDATA2MSB;
    word = wide ? 8 : 4;
    pack(true);
    pack(false);
    rewind(stream);
    if (fwrite(file, 1, size, stream) != size || fflush(stream) != 0 ||
        ftruncate(fileno(stream), (off_t)size) != 0)
        refuse("cannot be written");
    return 0;
}
