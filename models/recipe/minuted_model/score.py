"""Word error rate: case, punctuation and hyphens do not count; figures must be figures."""

import re


def words(text: str) -> list[str]:
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text.lower())
    text = re.sub(r"[a-z]\.m\.", lambda m: m[0].replace(".", ""), text)
    return re.sub(r"[^a-z0-9'$£€%:. ]|[.:](?!\d)", " ", text).replace("-", " ").split()


def errors(said: str, heard: str) -> tuple[int, int]:
    """Edits between the two, and the number of words said."""
    a, b = words(said), words(heard)
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1], len(a)


def rate(pairs: list[tuple[str, str]]) -> tuple[float, int]:
    """Word error rate in per cent over (said, heard) pairs, and the words said."""
    counts = [errors(said, heard) for said, heard in pairs]
    total = sum(n for _, n in counts)
    return 100.0 * sum(e for e, _ in counts) / max(1, total), total
