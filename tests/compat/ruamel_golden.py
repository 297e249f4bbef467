"""Writes tests/golden/ruamel_emit.json: values, and the text in which DVC's ruamel.yaml stores them.

usage: build/dvc/bin/python tests/compat/ruamel_golden.py > new && mv new tests/golden/ruamel_emit.json

The chosen values are those that the file has already; the random ones are made again, from one seed. A document that
ruamel itself does not read back as the same value is left out: there we fold differently on purpose.
"""
import json
import pathlib
import random
import re

import ruamel.yaml
from dvc.utils.serialize import dumps_yaml, parse_yaml

GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "ruamel_emit.json"
RANDOM_DOCUMENTS = 400

WORDS = ["python", "train.py", "--alpha", "0.1", "a:", "b", "it's", "#x", "x#", "- ", "-", "--", "é", "日本", "😀", "\t", "\n",
         "\\", "'", '"', "${x}", "&&", ">", "out.txt", "  ", ",", "[1,", "{a:", "*", "1", "null", "true", "1e5", "a:b",
         "\u00a0", "\x07", "?", "x" * 50, "y" * 90, "z" * 20, "\r", "..", "---", "=", "%", "@", "`", "!", "|", ":"]
POOLS = [WORDS, WORDS[:14], WORDS[:14] + ["  "], WORDS[:4] + ["\n", "'", '"', "\t"]]
SCALARS = [None, True, False, 0, -5, 10**20, 1.0, 1e-5, 1e16, 3.14, float("inf"), [], {}]


def text(rng):
    pool = rng.choice(POOLS)
    return rng.choice([" ", " ", " ", ""]).join(rng.choice(pool) for _ in range(rng.choice([0, 1, 1, 2, 5, 10, 20, 40])))


def key(rng):
    return rng.choice(["cmd", "deps", "a b", "x" * 70, "x" * 90, "k" * 130, text(rng)])


def value(rng, depth=1):
    kind = rng.random()
    if kind < 0.55 or depth > 3:
        return text(rng)
    if kind < 0.65:
        return rng.choice(SCALARS)
    if kind < 0.8:
        return [value(rng, depth + 1) for _ in range(rng.randint(1, 3))]
    return mapping(rng, depth + 1)


def mapping(rng, depth):
    return {key(rng): value(rng, depth) for _ in range(rng.randint(1, 3))}


def as_json(item):
    plain = json.dumps(item, ensure_ascii=False).replace("Infinity", ".inf").replace("NaN", ".nan")
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda c: f"\\u{ord(c[0]):04x}", plain)


def pair(item):
    emitted = dumps_yaml(item)
    try:
        same = as_json(parse_yaml(emitted, "")) == as_json(item)
    except Exception:  # its reader refuses what its writer wrote
        same = False
    return f'{{"value": {as_json(item)}, "yaml": {as_json(emitted)}}}' if same else None


def main():
    rng = random.Random(20251121)
    old = parse_yaml(GOLDEN.read_text(), str(GOLDEN))
    chosen = old[: next((i + 1 for i, p in enumerate(old) if p["value"] == "end of the chosen values"), len(old))]
    values = [p["value"] for p in chosen]
    if values[-1] != "end of the chosen values":
        values.append("end of the chosen values")
    wanted = len(values) + RANDOM_DOCUMENTS
    lines = []
    for item in values:
        emitted = dumps_yaml(item)
        lines.append(f'{{"value": {as_json(item)}, "yaml": {as_json(emitted)}}}')
    while len(lines) < wanted:
        line = pair(mapping(rng, 1))
        if line:
            lines.append(line)
    print(f"# Made by tests/compat/ruamel_golden.py with ruamel.yaml {ruamel.yaml.__version__}, set up as DVC does.")
    print("[\n" + ",\n".join(lines) + "\n]")


if __name__ == "__main__":
    main()
