"""As much of the ELF format as the checks of the binary need (System V ABI, gABI chapter 4 and 5)."""

import struct
from dataclasses import dataclass

ET_DYN = 3
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
PT_GNU_STACK, PT_GNU_RELRO = 0x6474E551, 0x6474E552
PF_X, PF_W, PF_R = 1, 2, 4
SHT_SYMTAB = 2
DT_NEEDED, DT_TEXTREL, DT_FLAGS, DT_FLAGS_1 = 1, 22, 30, 0x6FFFFFFB
DF_TEXTREL, DF_1_PIE = 4, 0x08000000


@dataclass(frozen=True)
class Segment:
    kind: int
    flags: int
    offset: int
    address: int
    file_size: int
    memory_size: int
    align: int


@dataclass(frozen=True)
class Section:
    name: str
    kind: int
    address: int
    offset: int
    size: int
    link: int


class Elf:
    """The headers of one file, 32 or 64 bits, either byte order."""

    def __init__(self, path):
        self.data = path.read_bytes()
        assert self.data[:4] == b"\x7fELF", f"{path} is no ELF file"
        self.wide = self.data[4] == 2
        self.order = "<" if self.data[5] == 1 else ">"
        (self.type, self.machine, _, self.entry, program_offset, section_offset, _, _, program_size, program_count,
         section_size, section_count, name_index) = self._read("HHIQQQIHHHHHH" if self.wide else "HHIIIIIHHHHHH", 16)
        self.segments = [self._segment(program_offset + i * program_size) for i in range(program_count)]
        headers = [self._section(section_offset + i * section_size) for i in range(section_count)]
        names = headers[name_index][3] if headers else 0
        self.sections = [Section(self._text(names + name), *rest) for name, *rest in headers]

    def _read(self, layout, offset):
        return struct.unpack_from(self.order + layout, self.data, offset)

    def _text(self, offset):
        return self.data[offset:self.data.index(b"\0", offset)].decode()

    def _segment(self, at):
        if self.wide:
            kind, flags, offset, address, _, file_size, memory_size, align = self._read("IIQQQQQQ", at)
        else:
            kind, offset, address, _, file_size, memory_size, flags, align = self._read("IIIIIIII", at)
        return Segment(kind, flags, offset, address, file_size, memory_size, align)

    def _section(self, at):
        name, kind, _, address, offset, size, link = self._read("IIQQQQI" if self.wide else "IIIIIII", at)
        return name, kind, address, offset, size, link

    def segments_of(self, kind):
        return [segment for segment in self.segments if segment.kind == kind]

    @property
    def dynamic(self):
        """The tags of the dynamic section, with their values."""
        entries = []
        size = 16 if self.wide else 8
        for segment in self.segments_of(PT_DYNAMIC):
            for at in range(segment.offset, segment.offset + segment.file_size, size):
                entries.append(self._read("qQ" if self.wide else "iI", at))
        return entries

    @property
    def symbols(self):
        """Names in the symbol table; none in a stripped file."""
        names = set()
        for section in self.sections:
            if section.kind != SHT_SYMTAB:
                continue
            strings = self.sections[section.link].offset
            size = 24 if self.wide else 16
            for at in range(section.offset, section.offset + section.size, size):
                names.add(self._text(strings + self._read("I", at)[0]))
        return names - {""}
