"""Two plots side by side, as SVG that any browser shows."""

import math
from dataclasses import dataclass

WIDTH, HEIGHT = 960, 400
PANEL_WIDTH, PANEL_HEIGHT = 370, 270
TOP = 60
COLOURS = ("#0b6e4f", "#2a6fdb", "#c1440e", "#8a5a9e")
HEAD = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">
<title>How soon a fleet of boxes is fresh</title>
<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>"""


@dataclass(frozen=True)
class Axis:
    """From one value to another, with marks; a logarithmic one has only values above 0."""

    low: float
    high: float
    marks: tuple
    label: str
    logarithmic: bool = False

    def place(self, value):
        """0 for the low end, 1 for the high one."""
        ends = (self.low, self.high, min(value, self.high))
        low, high, at = map(math.log, ends) if self.logarithmic else ends
        return (at - low) / (high - low)


@dataclass(frozen=True)
class Panel:
    left: int
    title: str
    across: Axis
    up: Axis

    def point(self, x, y):
        return (round(self.left + self.across.place(x) * PANEL_WIDTH, 1),
                round(TOP + (1 - self.up.place(y)) * PANEL_HEIGHT, 1))

    def frame(self):
        bottom = TOP + PANEL_HEIGHT
        yield f'<text x="{self.left}" y="{TOP - 16}" font-size="14" font-weight="bold">{self.title}</text>'
        for mark in self.across.marks:
            x, _ = self.point(mark, self.up.low)
            yield f'<path d="M{x} {TOP}V{bottom}" stroke="#ddd"/>'
            yield f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{mark:,}</text>'
        for mark in self.up.marks:
            _, y = self.point(self.across.low, mark)
            yield f'<path d="M{self.left} {y}h{PANEL_WIDTH}" stroke="#ddd"/>'
            yield f'<text x="{self.left - 8}" y="{y + 4}" text-anchor="end">{mark:,}</text>'
        yield (f'<text x="{self.left + PANEL_WIDTH / 2}" y="{bottom + 40}" text-anchor="middle">{self.across.label}</text>')
        middle = TOP + PANEL_HEIGHT / 2
        yield (f'<text x="{self.left - 38}" y="{middle}" text-anchor="middle" '
               f'transform="rotate(-90 {self.left - 38} {middle})">{self.up.label}</text>')

    def line(self, points, colour, extra=""):
        path = " ".join(f"{x},{y}" for x, y in (self.point(*point) for point in points))
        return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{extra}/>'

    def key(self, number, name, x, y):
        """A line of the legend; x and y are parts of the panel."""
        left, top = self.left + x * PANEL_WIDTH, TOP + y * PANEL_HEIGHT + 16 * number
        yield f'<path d="M{left:.0f} {top:.0f}h18" stroke="{COLOURS[number]}" stroke-width="2"/>'
        yield f'<text x="{left + 24:.0f}" y="{top + 4:.0f}">{name}</text>'


def lines_with_legend(panel, lines, x, y):
    for number, (name, points) in enumerate(lines.items()):
        yield panel.line(points, COLOURS[number])
        yield from panel.key(number, name, x, y)


def draw(multiples, shares, goal):
    """multiples: name to (boxes, multiple of the ideal); shares: name to (multiple of the ideal, percent that are fresh)."""
    size = Panel(70, "Until all are fresh, as a multiple of the ideal",
                 Axis(100, 10000, (100, 300, 1000, 3000, 10000), "boxes", True),
                 Axis(1, 16, (1, 1.5, 2, 4, 8, 16), "time / (certificates / 10 s)", True))
    time = Panel(560, "Boxes that are fresh", Axis(0, 1.5, (0, 0.25, 0.5, 0.75, 1, 1.25, 1.5), "time / (certificates / 10 s)"),
                 Axis(0, 100, (0, 25, 50, 75, 100), "percent"))
    parts = [HEAD, *size.frame(), *time.frame(),
             size.line([(100, goal), (10000, goal)], "#444", ' stroke-dasharray="5 4"'),
             f'<text x="{70 + PANEL_WIDTH - 4}" y="{size.point(100, goal)[1] - 5}" text-anchor="end">the goal</text>',
             time.line([(0, 0), (1, 100)], "#444", ' stroke-dasharray="5 4"'),
             f'<text x="{time.point(0.42, 0)[0]}" y="{time.point(0, 56)[1]}">the ideal</text>',
             *lines_with_legend(size, multiples, 0.04, 0.2), *lines_with_legend(time, shares, 0.66, 0.7), "</svg>"]
    return "\n".join(parts) + "\n"
