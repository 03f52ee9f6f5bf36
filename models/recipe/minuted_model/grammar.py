"""Draws sentences from the grammars in `text/grammar`.

A grammar is lines of `name: alternative | alternative`; `<name>` in an
alternative is replaced by a draw from that rule, from the lexicon's slot of
that name, or from one of the number-like slots below.
"""

import re
from pathlib import Path
from random import Random

from .lexicon import Lexicon
from .verbalise import ONES

GRAMMARS = Path(__file__).parents[1] / "text" / "grammar"
MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
ACRONYMS = "API CEO CTO CFO HR PDF URL USB VAT GPS FAQ CRM SQL CPU GPU TV PC UK US EU VPN PR QA KPI OKR NDA RFP SMS ATM ID HTML CSV PIN".split()
CONSONANT = "BCDFGHJKLMNPQRSTVWXYZ"


def integer(random: Random) -> int:
    """Small numbers often, large ones sometimes, round ones more than their share."""
    size = random.choice((20, 20, 100, 100, 100, 1000, 1000, 10_000, 100_000))
    number = random.randrange(11, max(12, size))
    if random.random() < 0.3 and number > 20:
        number = number // 10 * 10
    if random.random() < 0.2 and number > 200:
        number = number // 100 * 100
    return number


def commas(number: int) -> str:
    return f"{number:,}"


def plain(random: Random) -> str:
    number = integer(random)
    if 1100 <= number <= 2099:
        number += 1000  # four figures are said as a year otherwise
    return commas(number)


def ordinal_figure(number: int) -> str:
    suffix = "th" if 10 < number % 100 < 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def money(random: Random) -> str:
    sign = random.choice("$$$£€")
    kind = random.random()
    if kind < 0.2:
        return f"{sign}{random.randrange(1, 100)}.{random.randrange(5, 100, 5):02d}"
    if kind < 0.4:
        return f"{sign}{random.choice(('1', '2', '3', '5', '10', '12', '25', '40', '1.5', '2.5', '3.2', '7.8'))} {random.choice(('million', 'million', 'billion'))}"
    return f"{sign}{commas(random.randrange(2, 11) if kind < 0.5 else integer(random))}"


def time(random: Random) -> str:
    hour, minute = random.randrange(1, 13), random.choice((0, 0, 5, 10, 15, 15, 20, 25, 30, 30, 40, 45, 45, 50, 55, random.randrange(1, 60)))
    kind = random.random()
    if minute == 0 and kind < 0.5:
        return f"{hour} {random.choice(('a.m.', 'p.m.'))}"
    if kind < 0.6:
        return f"{hour}:{minute:02d}"
    return f"{hour}:{max(minute, 1):02d} {random.choice(('a.m.', 'p.m.'))}"


def date(random: Random) -> str:
    day = random.randrange(1, 32)
    return f"{random.choice(MONTHS)} {ordinal_figure(day)}"


def code(random: Random) -> str:
    letters = "".join(random.choices(CONSONANT + "AEIOU", k=random.randrange(1, 3)))
    return letters + "".join(random.choices("0123456789", k=random.randrange(2, 5)))


DRAWN = {
    "n": lambda r: r.choice(ONES[2:11]),
    "num": plain,
    "decimal": lambda r: f"{r.randrange(0, 20)}.{r.randrange(1, 10)}",
    "percent": lambda r: f"{r.randrange(1, 100)}%" if r.random() < 0.7 else f"{r.randrange(0, 30)}.{r.randrange(1, 10)}%",
    "money": money,
    "time": time,
    "date": date,
    "month": lambda r: r.choice(MONTHS),
    "weekday": lambda r: r.choice(WEEKDAYS),
    "year": lambda r: str(r.randrange(1950, 2040)),
    "ord": lambda r: r.choice("first second third fourth fifth sixth seventh eighth ninth tenth".split()),
    "code": code,
    "gate": lambda r: f"{r.choice(CONSONANT)}{r.randrange(1, 60)}",
    "phone": lambda r: f"{r.randrange(200, 1000)}-{r.randrange(0, 10_000):04d}",
    "spelled": lambda r: "-".join(r.choices("BCDEFGHJKLMNOPRSTVWYZ", k=r.randrange(3, 7))),
    "acronym": lambda r: r.choice(ACRONYMS),
}


def capitalise(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


ARTICLE = re.compile(r"\ba (?=(?!uni|use|usu|eu|one\b|once)[aeiou]|hour|honest|8|11\b|18\b)", re.IGNORECASE)


class Grammar:
    def __init__(self, name: str, lexicon: Lexicon):
        self.lexicon = lexicon.slots
        self.rules: dict[str, list[str]] = {}
        for line in (GRAMMARS / f"{name}.txt").read_text().splitlines():
            if line and not line.startswith("#"):
                head, _, body = line.partition(": ")
                self.rules.setdefault(head, []).extend(body.split(" | "))

    def sentence(self, random: Random) -> str:
        text = self._expand("sentence", random)
        return capitalise(ARTICLE.sub(lambda m: m[0][0] + "n ", text).replace("..", "."))

    def _expand(self, name: str, random: Random, depth: int = 0) -> str:
        if name in DRAWN:
            return DRAWN[name](random)
        choices = self.rules.get(name) or self.lexicon[name]
        body = random.choice(choices)
        if depth > 6 and name in ("np", "declarative", "clause", "pp"):
            body = {"np": "<obj>", "pp": "<prep> <obj>"}.get(name, "<pro> <verbed> <obj>")
        return re.sub(r"<(\w+)>", lambda m: self._expand(m[1], random, depth + 1), body)
