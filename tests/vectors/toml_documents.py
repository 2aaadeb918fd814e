"""TOML documents made at random, as far as TOML 1.0 and 1.1 mean the same by them."""

import datetime

KEYS = ("a", "b", "key", "long-key", "_x1", "1979", '"quoted key"', "'literal.key'", '"é\\u00e9"', '""')
# What may stand in every kind of string.
PLAIN = "abc XYZ 019 =#[].,;:!?~-_/|@$%^&*()+<>é漢🙂"
ESCAPES = (r"\b", r"\t", r"\n", r"\f", r"\r", r"\"", r"\\", r"\u00e9", r"\u6f22", r"\U0001f642")


def text(choice, alphabet, longest=10):
    return "".join(choice.choice(alphabet) for _ in range(choice.randint(0, longest)))


class Maker:
    """Documents for a random.Random."""

    def __init__(self, choice, with_inline_tables=True):
        self.choice, self.with_inline_tables = choice, with_inline_tables

    def document(self):
        """Every table has a name of its own."""
        lines = self._pairs(self.choice.randint(0, 5))
        for number in range(self.choice.randint(0, 4)):
            if self.choice.random() < 0.3:
                for _ in range(self.choice.randint(1, 3)):
                    lines += [f"[[array{number}]]{self._end()}", *self._pairs(self.choice.randint(0, 3))]
                    if self.choice.random() < 0.3:
                        lines += [f"[array{number}.sub]", *self._pairs(2)]
            else:
                name = ".".join([f"table{number}", *self._some(KEYS, 0, 2)])
                lines += [f"[{self._space()}{name}{self._space()}]{self._end()}", *self._pairs(self.choice.randint(0, 5))]
        newline = self.choice.choice(["\n", "\n", "\r\n"])
        return newline.join(line for line in lines) + self.choice.choice(["", newline])

    def _some(self, of, least, most):
        return self.choice.sample(of, self.choice.randint(least, most))

    def _space(self):
        return self.choice.choice(["", "", " ", "\t", "  "])

    def _end(self):
        """What may follow on a line."""
        return self.choice.choice(["", "", "", " ", f" # {text(self.choice, PLAIN)}"])

    def _pairs(self, count):
        lines = []
        for key in self.choice.sample(KEYS, count):
            dotted = ".".join([key, *self._some(KEYS, 0, 1)]) if self.choice.random() < 0.2 else key
            lines.append(f"{self._space()}{dotted}{self._space()}={self._space()}{self._value()}{self._end()}")
            if self.choice.random() < 0.1:
                lines.append(self.choice.choice(["", "  ", f"# {text(self.choice, PLAIN)}"]))
        return lines

    def _value(self, depth=0):
        kinds = [self._string, self._string, self._integer, self._float, self._boolean, self._date]
        if depth < 3:
            kinds += [lambda: self._array(depth)]
            kinds += [lambda: self._inline_table(depth)] * self.with_inline_tables
        return self.choice.choice(kinds)()

    def _string(self):
        kind = self.choice.randrange(4)
        if kind == 0:
            return "'" + text(self.choice, PLAIN) + "'"
        if kind == 1:
            return "'''" + text(self.choice, PLAIN + "\n\"'").replace("'''", "").rstrip("'") + "'''"
        pieces = [self.choice.choice(ESCAPES) if self.choice.random() < 0.2 else self.choice.choice(PLAIN)
                  for _ in range(self.choice.randint(0, 10))]
        if kind == 2:
            return '"' + "".join(pieces) + '"'
        pieces += self._some(["\n", "\\\n   ", '"', "'", "\r\n"], 0, 2)
        self.choice.shuffle(pieces)
        return '"""' + "".join(pieces) + ' """'

    def _digits(self, most):
        digits = str(self.choice.randrange(10 ** self.choice.randint(1, most)))
        if len(digits) > 2 and self.choice.random() < 0.3:
            return f"{digits[:1]}_{digits[1:]}"
        return digits

    def _integer(self):
        kind = self.choice.randrange(6)
        if kind < 3:
            return self.choice.choice(["", "+", "-"]) + self._digits(18)
        number = self.choice.randrange(1 << 60)
        return [f"0x{number:x}", f"0o{number:o}", f"0b{number % 4096:b}"][kind - 3]

    def _float(self):
        special = self.choice.choice(["inf", "nan", None, None, None, None, None])
        sign = self.choice.choice(["", "+", "-"])
        if special:
            return sign + special
        fraction = f".{self.choice.randrange(10 ** 6)}" if self.choice.random() < 0.7 else ""
        exponent = f"e{self.choice.choice(['', '+', '-'])}{self.choice.randrange(200)}"
        return sign + self._digits(9) + fraction + (exponent if not fraction or self.choice.random() < 0.5 else "")

    def _boolean(self):
        return self.choice.choice(["true", "false"])

    def _date(self):
        moment = datetime.datetime(1, 1, 1) + datetime.timedelta(seconds=self.choice.randrange(9998 * 365 * 86400))
        fraction = f".{self.choice.randrange(10 ** 6):06}"[: self.choice.choice([0, 0, 2, 4, 7])]
        day, time = moment.strftime("%m-%d"), moment.strftime("%H:%M:%S") + fraction
        date = f"{moment.year:04}-{day}"
        offset = self.choice.choice(["Z", "z", "+00:00", "-07:30", "+23:59"])
        separator = self.choice.choice(["T", "t", " "])
        return self.choice.choice([date, time, f"{date}{separator}{time}", f"{date}{separator}{time}{offset}"])

    def _array(self, depth):
        gap = self.choice.choice(["", " ", "\n", "\n  ", " # of the array\n"])
        values = [self._value(depth + 1) for _ in range(self.choice.randint(0, 4))]
        end = f",{gap}" if values and self.choice.random() < 0.3 else gap
        return f"[{gap}" + f",{gap or ' '}".join(values) + f"{end}]"

    def _inline_table(self, depth):
        pairs = [f"{key}{self._space()}={self._space()}{self._value(depth + 1)}" for key in self._some(KEYS, 0, 3)]
        return f"{{{self._space()}" + f"{self._space()},{self._space()}".join(pairs) + f"{self._space()}}}"


MUTATIONS = list("=[]{}.,\"'#\\\n\r\t _-+:0019TtZzex\x00\x07\x7fé") + ["[[", "]]", '"""', "'''", "\\u", "0x", "nan", "true"]


def mutated(choice, document):
    """With something put in, taken out, doubled or exchanged, once or a few times."""
    for _ in range(choice.randint(1, 3)):
        at = choice.randint(0, len(document))
        length = choice.randint(0, 3)
        piece = choice.choice([choice.choice(MUTATIONS), "", document[at : at + choice.randint(1, 8)]])
        document = document[:at] + piece + document[at + length :]
    return document
