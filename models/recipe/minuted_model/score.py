"""Word error rate: case, punctuation and hyphens do not count; figures must be figures."""

import re


def words(text: str) -> list[str]:
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text.lower())
    text = re.sub(r"[a-z]\.m\.", lambda m: m[0].replace(".", ""), text)
    return re.sub(r"[^a-z0-9'$£€%:. ]|[.:](?!\d)", " ", text).replace("-", " ").split()


def alignment(said: list[str], heard: list[str]) -> tuple[int, list[tuple[int, int]]]:
    """The fewest edits from one to the other, and the pairs of equal words on that way."""
    rows = [list(range(len(heard) + 1))]
    for i, word in enumerate(said, 1):
        above, row = rows[-1], [i]
        for j, other in enumerate(heard, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (word != other)))
        rows.append(row)
    i, j, pairs = len(said), len(heard), []
    while i and j:
        if said[i - 1] == heard[j - 1] and rows[i][j] == rows[i - 1][j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif rows[i][j] == rows[i - 1][j - 1] + 1:
            i, j = i - 1, j - 1
        elif rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
    return rows[-1][-1], pairs[::-1]


def errors(said: str, heard: str) -> tuple[int, int]:
    """Edits between the two, and the number of words said."""
    a = words(said)
    return alignment(a, words(heard))[0], len(a)


def rate(pairs: list[tuple[str, str]]) -> tuple[float, int]:
    """Word error rate in per cent over (said, heard) pairs, and the words said."""
    counts = [errors(said, heard) for said, heard in pairs]
    total = sum(n for _, n in counts)
    return 100.0 * sum(e for e, _ in counts) / max(1, total), total
