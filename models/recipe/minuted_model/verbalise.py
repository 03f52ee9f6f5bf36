"""How a written sentence is said aloud.

Whisper writes "$40 at 10:30 a.m. on May 5th"; a synthesiser is best told
"forty dollars at ten thirty ay em on May fifth".  `spoken` keeps the two
aligned word by word, so that the trainer knows when each written word is said,
and every synthesiser says the same thing.
"""

import re

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth",
    "eight": "eighth", "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
LETTERS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "ay|bee|see|dee|ee|eff|jee|aitch|eye|jay|kay|ell|em|en|oh|pee|cue|ar|ess|tee|you|vee|double you|ex|why|zee".split("|"),
        strict=True,
    )
)
TITLES = {"Mr.": "mister", "Mrs.": "missus", "Ms.": "miz", "Dr.": "doctor", "a.m.": "ay em", "p.m.": "pee em"}
CURRENCIES = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent")}
SCALES = ("hundred", "thousand", "million", "billion")


def cardinal(number: int) -> str:
    """1234 as "one thousand two hundred thirty-four"."""
    if number < 20:
        return ONES[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return TENS[tens] + (f"-{ONES[rest]}" if rest else "")
    for size, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            head, rest = divmod(number, size)
            return f"{cardinal(head)} {name}" + (f" {cardinal(rest)}" if rest else "")
    raise AssertionError(number)


def ordinal(number: int) -> str:
    """21 as "twenty-first"."""
    words = cardinal(number)
    head, separator, last = re.match(r"(.*?)([- ]?)(\w+)$", words).groups()
    if last in ORDINALS:
        last = ORDINALS[last]
    else:
        last = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return head + separator + last


def year(number: int) -> str:
    """1998 as "nineteen ninety-eight", 2005 as "two thousand five"."""
    head, rest = divmod(number, 100)
    if number % 1000 < 10:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(head)} hundred"
    return f"{cardinal(head)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def digits(text: str) -> str:
    return " ".join(ONES[int(d)] for d in text if d.isdigit())


def decimal(text: str) -> str:
    whole, _, rest = text.replace(",", "").partition(".")
    return cardinal(int(whole)) + (f" point {digits(rest)}" if rest else "")


def money(sign: str, amount: str) -> str:
    unit, small = CURRENCIES[sign]
    whole, _, rest = amount.replace(",", "").partition(".")
    said = f"{cardinal(int(whole))} {unit}{'' if whole == '1' else 's'}"
    if rest:
        smalls = "pence" if small == "penny" else f"{small}s"
        said += f" and {cardinal(int(rest))} {smalls}"
    return said


def clock(hour: str, minute: str) -> str:
    if minute == "00":
        return f"{cardinal(int(hour))} o'clock"
    return f"{cardinal(int(hour))} {'oh ' if minute[0] == '0' else ''}{cardinal(int(minute))}"


def spell(letters: str) -> str:
    return " ".join(LETTERS[c] if c.isalpha() else ONES[int(c)] for c in letters if c.isalnum())


RULES = (
    (r"([$£€])([\d,]+(?:\.\d\d)?)", lambda m: money(m[1], m[2])),
    (r"([$£€])(\d+\.\d)", lambda m: f"{decimal(m[2])} {CURRENCIES[m[1]][0]}s"),
    (r"([\d,]+(?:\.\d+)?)%", lambda m: f"{decimal(m[1])} percent"),
    (r"(\d{1,2}):(\d\d)", lambda m: clock(m[1], m[2])),
    (r"(\d+)(?:st|nd|rd|th)", lambda m: ordinal(int(m[1]))),
    (r"(1[1-9]\d\d|20\d\d)", lambda m: year(int(m[1]))),
    (r"(\d{3})-(\d{4})", lambda m: f"{digits(m[1])} {digits(m[2])}"),
    (r"(\d[\d,]*(?:\.\d+)?)", lambda m: decimal(m[1])),
    (r"([A-Z](?:-[A-Z0-9])+)", lambda m: spell(m[1])),
    (r"([A-Z]+\d+)", lambda m: spell(m[1])),
    (r"([A-Z]{2,5})(s?)", lambda m: spell(m[1]) + m[2]),
    (r"([B-HJ-Z])", lambda m: spell(m[1])),
)


def _say(core: str) -> str:
    for pattern, said in RULES:
        match = re.fullmatch(pattern, core)
        if match:
            return said(match)
    return core


def spoken(text: str) -> list[tuple[str, str]]:
    """Each whitespace-separated written word with what is said for it, punctuation kept for the prosody."""
    written = text.split()
    said = []
    for word in written:
        head, core, tail = re.match(r"([\"'(]*)(.*?)([.,!?;:\"')]*)$", word).groups()
        bare = word.rstrip(",?!")
        if bare in TITLES or bare + "." in ("a.m.", "p.m."):
            said.append(TITLES.get(bare, TITLES.get(bare + ".")) + word[len(bare) :])
        elif word in ("a.m.", "p.m."):
            said.append(TITLES[word])
        else:
            said.append(head + _say(core) + tail)
    for i in range(1, len(said)):  # "$2 million" is said "two million dollars"
        core = written[i].rstrip(".,!?")
        if core in SCALES and written[i - 1][0] in CURRENCIES:
            unit = CURRENCIES[written[i - 1][0]][0] + "s"
            said[i - 1] = said[i - 1].replace(f" {unit}", "").replace(f" {unit[:-1]}", "")
            said[i] = f"{core} {unit}{written[i][len(core):]}"
    return list(zip(written, said, strict=True))
