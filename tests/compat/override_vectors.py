"""Random overrides with the verdict of Hydra's own parser, and what test_common_params makes of them.

usage: build/dvc/bin/python tests/compat/override_vectors.py --test build/debug/tests/bin/test_common_params
       [--seed N] [--count N]
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import warnings

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, IntervalSweep, QuotedString, RangeSweep, Sweep

WORDS = ["a", "abc", "x_1", "a-b", "true", "FALSE", "null", "inf", "-nan", "0", "1", "-2", "+3", "010", "1_000", "1__0",
         "1.5", ".5", "5.", "1e3", "1e-5", "1.e3", "1e", "--x", "..", "*", "%", "@", "?", "|", "/", "$", "$x", "\\", "\\\\",
         "\\,", "\\ ", "\\d", "\\=", "'q'", "\"d\"", "'it\\'s'", "''", "'\\\\'", "'a,b'", "${a}", "${a.b}", "${x:${y}}",
         "\\${z}", "${oc.env:H,'d'}", ":", "a:b", "#", "&", "ü", "~", "choice", "range", " ", "\t", "a b", "=", "1 2", "'"]
# Python takes 1, 1.0 and true for one key of a dict; here only one of them.
KEY_WORDS = ["a", "a-b", "null", "0", "-2", "010", "1.5", "5.", "a b", "\\:", "'q'", "${a}", "x.y", ":", "%"]
FUNCTIONS = ["int", "float", "str", "bool", "choice", "range", "sort", "shuffle", "tag", "f", "null"]
KEYS = ["a", "a.b", "a.0", "a.0.b", "$a", "a.$b", "a-b", "a/b", "g@p", "a@", "g/h@p.q", "1a", "a.", ".a", "a..b", "0.a", "a b",
        "ä", "a.01", "a.1_0", "a.-b", "-a", "a$", "_"]


def blank(rng):
    return rng.choice(["", "", "", "", " ", "  ", "\t"])


def element(rng, depth):
    kind = rng.randrange(10 if depth < 3 else 5)
    if kind < 5:
        return "".join(rng.choice(WORDS) for _ in range(1 if rng.random() < .8 else 2))
    if kind == 5:
        return "[" + blank(rng) + joined(rng, depth) + blank(rng) + "]"
    if kind == 6:
        pairs = [rng.choice(KEY_WORDS) + blank(rng) + ":" + blank(rng) + element(rng, depth + 1)
                 for _ in range(rng.randrange(3))]
        return "{" + blank(rng) + ",".join(pairs) + "}"
    name = rng.choice(FUNCTIONS)
    numbers = name == "range" and rng.random() < .8
    args = [rng.choice(["0", "1", "3", "10", "-2", "true"]) if numbers else element(rng, depth + 1)
            for _ in range(rng.randrange(4))]
    if rng.random() < .2:
        args.append(rng.choice(["reverse", "value", "sweep", "list", "start", "stop", "step", "no"]) + blank(rng) + "=" +
                    rng.choice(["true", "3", element(rng, depth + 1)]))
    return name + blank(rng) + "(" + blank(rng) + (blank(rng) + "," + blank(rng)).join(args) + blank(rng) + ")"


def joined(rng, depth):
    return (blank(rng) + "," + blank(rng)).join(element(rng, depth + 1) for _ in range(rng.randrange(4)))


def override(rng):
    key = rng.choice(KEYS) if rng.random() < .2 else "a"
    values = [element(rng, 0) for _ in range(rng.choice([1, 1, 1, 1, 2, 3]))]
    text = rng.choice(["", "", "", "", "", "+", "++", "~"]) + key + rng.choice(["=", "=", "=", "= ", " ="])
    return text + (blank(rng) + "," + blank(rng)).join(values) + blank(rng)


def typed(value):
    if value is None:
        return {"t": "null"}
    if isinstance(value, QuotedString):
        return {"t": "quoted", "v": value.text}
    if isinstance(value, bool):
        return {"t": "bool", "v": value}
    if isinstance(value, (int, float, str)):
        return {"t": type(value).__name__, "v": value if isinstance(value, str) else repr(value)}
    if isinstance(value, list):
        return {"t": "list", "v": [typed(v) for v in value]}
    if isinstance(value, dict):
        return {"t": "dict", "v": [[typed(k), typed(v)] for k, v in value.items()]}
    if isinstance(value, ChoiceSweep):
        return {"t": "choice", "shuffle": value.shuffle, "v": [typed(v) for v in value.list]}
    return {"t": "range", "shuffle": value.shuffle}


def settles(value):
    """False for what the parser takes and the sweeper behind it refuses, or what has no place in a params file."""
    if isinstance(value, (Glob, IntervalSweep)):
        return False
    if isinstance(value, RangeSweep):
        return bool(value.step) and 0 < len(list(zip(range(100), value.range())))
    if isinstance(value, ChoiceSweep):
        return bool(value.list) and all(settles(v) and not isinstance(v, Sweep) for v in value.list)
    if isinstance(value, list):
        return all(settles(v) and not isinstance(v, Sweep) for v in value)
    if isinstance(value, dict):
        return all(k is not None and settles(v) and not isinstance(v, Sweep) for k, v in value.items())
    return True


def vector(parser, text):
    try:
        parsed = parser.parse_override(text)
        if not settles(parsed._value) or not parsed.key_or_group:
            return None
    except Exception as e:  # every refusal of the parser
        if "QuotedString" in str(e):
            return None  # it cannot compare quoted items of a list; we can
        return {"in": text, "error": True}
    if parsed.type.name == "DEL" and isinstance(parsed._value, Sweep):
        return None
    if "{" in text and ("choice" in text or "range" in text or "shuffle" in text or "sort" in text):
        return None  # a dict forgets a sweep whose key comes again; we refuse it where it stands
    if "shuffle([" in text.replace(" ", "").replace("\t", "") or "shuffle(list=" in text:
        return None  # the order is nobody's
    op = {"FORCE_ADD": "FORCE"}.get(parsed.type.name, parsed.type.name)
    return {"in": text, "op": op, "key": parsed.key_or_group, "package": parsed.package,
            "value": typed(parsed._value)}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--test", required=True)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=5000)
    options = options.parse_args()
    warnings.simplefilter("ignore")
    rng, parser = random.Random(options.seed), OverridesParser.create()
    vectors = [v for v in (vector(parser, override(rng)) for _ in range(options.count)) if v]
    # In the form of tests/golden/overrides.json.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"parse": vectors}, file)
        file.flush()
        print(f"{len(vectors)} overrides, seed {options.seed}, {sum('error' in v for v in vectors)} refused", flush=True)
        return subprocess.call([options.test, "--gtest_filter=ParseOverride.AgreesWithHydra"],
                               env={**os.environ, "EXPQ_OVERRIDE_VECTORS": file.name})


if __name__ == "__main__":
    sys.exit(main())
