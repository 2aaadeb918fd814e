#!/usr/bin/env python3
"""Measures simulated fleets, prints tables, and draws docs/fleet.svg."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import plot

ROOT = Path(__file__).resolve().parents[2]
GOAL = 1.5


@dataclass(frozen=True)
class Row:
    """One kind of fleet: what fleet --rows says of it, with times in seconds."""

    policy: str
    roles_anywhere: bool
    boxes: int
    ideal: float
    mean: float
    worst: float
    refused: float
    tries: float
    most_tries: int
    refused_later: float

    @property
    def multiple(self):
        return self.worst / self.ideal


def row_of(words):
    policy, anywhere, boxes, ideal, mean, worst, calls, refused, tries, most, calls_later, refused_later = words
    return Row(policy, anywhere == "1", int(boxes), int(ideal) / 1000, int(mean) / 1000, int(worst) / 1000,
               int(refused) / int(calls), float(tries), int(most), int(refused_later) / int(calls_later))


def measure():
    """Rows, and for each number of boxes the seconds after which each percent of them was fresh."""
    done = subprocess.run([ROOT / "build/fleet/fleet", "--rows"], check=True, stdout=subprocess.PIPE, encoding="utf-8")
    rows, curves = [], {}
    for line in done.stdout.splitlines():
        kind, *words = line.split("\t")
        if kind == "row":
            rows.append(row_of(words))
        else:
            curves.setdefault(int(words[0]), []).append(int(words[2]) / 1000)
    return rows, curves


def table(title, rows, label):
    print(f"\n{title}\n")
    print(f"{'':<16} {'ideal':>8} {'all fresh':>10} {'slowest':>9} {'x ideal':>8} {'refused':>8} {'tries':>7} {'most':>5} {'next day':>9}")
    for row in rows:
        print(f"{label(row):<16} {row.ideal:>6.1f} s {row.mean:>8.1f} s {row.worst:>7.1f} s {row.multiple:>8.2f} {row.refused:>8.0%} "
              f"{row.tries:>7.1f} {row.most_tries:>5} {row.refused_later:>9.1%}")


def boxes_of(row):
    return f"{row.boxes:,} box{'es' if row.boxes > 1 else ''}"


def main():
    rows, curves = measure()
    ours = [row for row in rows if row.policy == "product" and not row.roles_anywhere]
    anywhere = [row for row in rows if row.roles_anywhere]
    print("Boxes with 3 certificates power up in the same second and share 10 calls of ExportCertificate a second.\n"
          "ideal: certificates / 10 s. all fresh: the mean of 10 fleets. slowest: the last box of all of them. tries:\n"
          "workers that a box started. next day: the share of calls that were refused then.")
    table("The product", ours, boxes_of)
    table("With Roles Anywhere: 10 calls of CreateSession a second besides", anywhere, boxes_of)
    table("1,000 boxes that try again otherwise", [row for row in rows if row.boxes == 1000 and not row.roles_anywhere],
          lambda row: row.policy)
    lines = {
        "as the product does": ours,
        "with Roles Anywhere": anywhere,
        "a minute later, always": [row for row in rows if row.policy == "each minute"],
        "without jitter": [row for row in rows if row.policy == "without jitter"],
    }
    multiples = {name: [(row.boxes, row.multiple) for row in line if row.boxes >= 100] for name, line in lines.items()}
    shares = {f"{boxes:,} boxes": [(seconds / (boxes * 0.3), percent) for percent, seconds in enumerate(curve, 1)]
              for boxes, curve in curves.items()}
    target = ROOT / "docs/fleet.svg"
    target.write_text(plot.draw(multiples, shares, GOAL), encoding="utf-8")
    print(f"\n{target.relative_to(ROOT)} is drawn.")


if __name__ == "__main__":
    main()
