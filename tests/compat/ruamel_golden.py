"""Writes tests/golden/ruamel_emit.json: values, and the text in which DVC's ruamel.yaml stores them.

usage: build/dvc/bin/python tests/compat/ruamel_golden.py > new && mv new tests/golden/ruamel_emit.json
       build/dvc/bin/python tests/compat/ruamel_golden.py --test PATH [--seed N] [--count N]

The chosen values are those that the file has already; the random ones are made again, from one seed. With --test other
random values are compared at once, by the unit test that PATH is. A document that ruamel itself cannot read is left
out: it folds long keys, and we do not.
"""
import argparse
import copy
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import ruamel.yaml
from dvc.utils.serialize import dumps_yaml, parse_yaml

GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "ruamel_emit.json"
RANDOM_DOCUMENTS = 600

WORDS = ["python", "train.py", "--alpha", "0.1", "a:", "b", "it's", "#x", "x#", "- ", "-", "--", "é", "日本", "😀", "\t", "\n",
         "\\", "'", '"', "${x}", "&&", ">", "out.txt", "  ", ",", "[1,", "{a:", "*", "1", "null", "true", "1e5", "a:b",
         "\u00a0", "\x07", "?", "x" * 50, "y" * 90, "z" * 20, "\r", "..", "---", "=", "%", "@", "`", "!", "|", ":"]
# Runs of blanks where lines are folded, and characters of two and more bytes there.
BLANKS = ["a", "bc", "def", "é", "日本語", "w" * 9, "v" * 30, " ", "  ", "   "]
POOLS = [WORDS, WORDS[:14], WORDS[:14] + ["  "], WORDS[:4] + ["\n", "'", '"', "\t"], BLANKS, BLANKS + ['"', "'", "\t", "\n", ": "]]
SCALARS = [None, True, False, 0, -5, 10**20, 1.0, 1e-5, 1e16, 3.14, float("inf"), [], {}]


def text(rng):
    pool = rng.choice(POOLS)
    made = rng.choice([" ", " ", " ", "", "  "]).join(rng.choice(pool) for _ in range(rng.choice([0, 1, 1, 2, 5, 10, 20, 40])))
    return made + rng.choice(["", "", "", " ", "  ", "\t"])


def key(rng):
    return rng.choice(["cmd", "deps", "a b", "x" * 70, "x" * 90, "k" * 130, text(rng)])


def value(rng, depth=1):
    kind = rng.random()
    if kind < 0.55 or depth > 3:
        return text(rng)
    if kind < 0.65:
        return copy.copy(rng.choice(SCALARS))
    if kind < 0.8:
        return [value(rng, depth + 1) for _ in range(rng.randint(1, 3))]
    return mapping(rng, depth + 1)


def mapping(rng, depth):
    return {key(rng): value(rng, depth) for _ in range(rng.randint(1, 3))}


def as_json(item):
    plain = json.dumps(item, ensure_ascii=False).replace("Infinity", ".inf").replace("NaN", ".nan")
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda c: f"\\u{ord(c[0]):04x}", plain)


def line(item):
    return f'{{"value": {as_json(item)}, "yaml": {as_json(dumps_yaml(item))}}}'


def is_readable(item):
    try:
        parse_yaml(dumps_yaml(item), "")
    except Exception:  # its reader refuses what its writer wrote
        return False
    return True


def lines(values, rng, count):
    yield from map(line, values)
    while count:
        item = mapping(rng, 1)
        if is_readable(item):
            count -= 1
            yield line(item)


def compare(test, seed, count):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write("[\n" + ",\n".join(lines([], random.Random(seed), count)) + "\n]\n")
        file.flush()
        print(f"{count} documents, seed {seed}", flush=True)
        return subprocess.call([test, "--gtest_filter=Emit.IsByteForByteWhatRuamelWrote"],
                               env={**os.environ, "EXPQ_RUAMEL_VECTORS": file.name})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--test")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args()
    if options.test:
        return compare(options.test, options.seed, options.count)
    old = [p["value"] for p in parse_yaml(GOLDEN.read_text(), str(GOLDEN))]
    chosen = old[:old.index("end of the chosen values") + 1]
    print(f"# Made by tests/compat/ruamel_golden.py with ruamel.yaml {ruamel.yaml.__version__}, set up as DVC does.")
    print("[\n" + ",\n".join(lines(chosen, random.Random(20251121), RANDOM_DOCUMENTS)) + "\n]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
