"""Writes the arrivals of schedule_simulation: a day-like mixture, pressed into four hours.

    python3 benches/arrivals.py > benches/arrivals.tsv

Made by a seeded generator, not taken from any customer: eight accounts that dictate (clips of 2 to 20 s, more of them
around noon), three that send meetings (20 to 90 minutes), and two that hand in a batch of calls (1 to 10 minutes each)
in one go.
"""

import math
import random

HOURS = 4
random.seed(20260101)
rows = []


def add(seconds, account, kind, audio):
    rows.append((round(seconds, 1), account, kind, round(audio, 1)))


for index in range(8):
    at = 0.0
    while at < HOURS * 3600:
        busy = 0.4 + math.sin(math.pi * at / (HOURS * 3600))
        at += random.expovariate(busy / 60)
        add(at, f"dictation-{index}", "interactive", min(20, 2 + random.expovariate(1 / 4)))
for index in range(3):
    at = random.uniform(0, 900)
    while at < HOURS * 3600:
        add(at, f"meetings-{index}", "interactive", random.uniform(20, 90) * 60)
        at += random.expovariate(1 / 3000)
for index in range(2):
    for _ in range(60):
        add(1800 + 3600 * index, f"calls-{index}", "batch", random.uniform(60, 600))

print("# Arrivals for benches/schedule_simulation.rs, written by benches/arrivals.py with a seed.")
print("# seconds\taccount\tclass\taudio seconds")
for row in sorted(rows):
    print(*row, sep="\t")
