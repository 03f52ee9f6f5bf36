"""The words the texts are made of: lists by part of speech, and their inflected forms."""

from dataclasses import dataclass, field
from pathlib import Path

WORDS = Path(__file__).parents[1] / "text" / "words"
VOWELS = "aeiou"
DOUBLED = set(
    "admit ban beg cancel chat clap commit compel control cut defer dig drag drop equip excel fit forbid forget get grab "
    "grip hit hop hug jog let log nod occur permit plan plug prefer put quit refer regret rub run scan set ship shop shut "
    "sit skip slip spin split step stop submit swim tap tip transfer transmit trap travel trim upset whip wrap win".split()
)
PLURALS = {
    "man": "men", "woman": "women", "child": "children", "foot": "feet", "tooth": "teeth", "mouse": "mice", "goose": "geese",
    "wife": "wives", "life": "lives", "knife": "knives", "leaf": "leaves", "shelf": "shelves", "half": "halves", "wolf": "wolves",
    "crisis": "crises", "analysis": "analyses", "basis": "bases", "criterion": "criteria", "sheep": "sheep", "fish": "fish",
    "salesman": "salesmen", "chairman": "chairmen", "gentleman": "gentlemen", "grandchild": "grandchildren", "hero": "heroes",
    "potato": "potatoes", "tomato": "tomatoes", "echo": "echoes", "person": "people", "housewife": "housewives",
}  # fmt: skip
UNCOUNTED = set(
    "advice anger behaviour bread butter cash cheese coal confidence cotton courage data electricity electronics energy engineering "
    "entertainment equipment evidence flour food fuel fun furniture gold golf grass hardware health honey hope housing humour hunger "
    "information iron jam justice knowledge laundry literature luck luggage machinery mail meat milk money mud music news noise oil "
    "patience pepper pollution privacy progress rain research rice rubbish safety salt sand security silence silver smoke snow soap "
    "software soil staff steel steam stuff sugar tea tennis thanks traffic transport travel trust truth understanding violence wealth "
    "weather wheat wine wood wool absence shopping homework labour membership marketing peace poetry poverty".split()
)


def _sibilant(word: str) -> bool:
    return word.endswith(("s", "x", "z", "ch", "sh"))


def plural(noun: str) -> str:
    if noun in PLURALS:
        return PLURALS[noun]
    if noun in UNCOUNTED:
        return noun
    return third_person(noun)


def third_person(verb: str) -> str:
    if verb in ("be", "have"):
        return {"be": "is", "have": "has"}[verb]
    if _sibilant(verb) or verb in ("go", "do"):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in VOWELS:
        return verb[:-1] + "ies"
    return verb + "s"


def past(verb: str) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in VOWELS:
        return verb[:-1] + "ied"
    return verb + (verb[-1] if verb in DOUBLED else "") + "ed"


def gerund(verb: str) -> str:
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "ye", "oe")) and verb != "be":
        return verb[:-1] + "ing"
    return verb + (verb[-1] if verb in DOUBLED or verb in ("begin", "swim") else "") + "ing"


def _read(name: str) -> list[str]:
    return (WORDS / f"{name}.txt").read_text().split()


@dataclass
class Lexicon:
    """Word lists by the slot that a grammar may leave open for them."""

    slots: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> "Lexicon":
        nouns = sorted(set(_read("nouns")))
        verbs = [entry.split(":") for entry in _read("verbs")]
        first, last = (line.split() for line in (WORDS / "names.txt").read_text().splitlines())
        cities, countries, peoples = (line.split() for line in (WORDS / "places.txt").read_text().splitlines())
        functions = (WORDS / "function.txt").read_text().splitlines()
        plain = [v for v in verbs if v[0] != "be"]
        return cls(
            {
                "noun": [n for n in nouns if n not in UNCOUNTED],
                "stuff": sorted(UNCOUNTED & set(nouns)),
                "nouns": sorted({plural(n) for n in nouns if n not in UNCOUNTED}),
                "verb": [v[0] for v in plain],
                "verbs": [third_person(v[0]) for v in plain],
                "verbing": [gerund(v[0]) for v in plain],
                "verbed": [v[1] if len(v) > 1 else past(v[0]) for v in plain],
                "verben": [v[2] if len(v) > 1 else past(v[0]) for v in plain],
                "adj": sorted(set(_read("adjectives"))),
                "adverb": _read("adverbs"),
                "first": first,
                "last": last,
                "city": cities,
                "country": countries,
                "people": peoples,
                "function": functions[0].split(),
                "short": functions[1].split(),
                "word": functions[2].split() + functions[3].split(),
                "more": _read("more"),
                "calendar": [w.capitalize() for w in functions[4].split()],
            }
        )

    def words(self) -> list[str]:
        """Every distinct form, once."""
        return sorted({w for slot in self.slots.values() for w in slot} | {"be", "been", "being", "am", "is", "are", "was", "were"})
