"""Random overrides with the verdict of Hydra's own parser, and what test_common_params makes of them.

usage: build/dvc/bin/python tests/compat/override_vectors.py --test build/debug/tests/bin/test_common_params
       [--seed N] [--count N]
"""
import argparse
import decimal
import json
import os
import random
import subprocess
import sys
import tempfile
import warnings

from dvc.utils.cli_parse import to_path_overrides
from dvc.utils.hydra import get_hydra_sweeps
from hydra.core.override_parser import types
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, IntervalSweep, QuotedString, RangeSweep, Sweep

WORDS = ["a", "abc", "x_1", "a-b", "true", "FALSE", "null", "inf", "-nan", "0", "1", "-2", "+3", "010", "1_000", "1__0",
         "1.5", ".5", "5.", "1e3", "1e-5", "1.e3", "1e", "--x", "..", "*", "%", "@", "?", "|", "/", "$", "$x", "\\", "\\\\",
         "\\,", "\\ ", "\\d", "\\=", "'q'", "\"d\"", "'it\\'s'", "''", "'\\\\'", "'a,b'", "${a}", "${a.b}", "${x:${y}}",
         "\\${z}", "${oc.env:H,'d'}", ":", "a:b", "#", "&", "ü", "~", "choice", "range", " ", "\t", "a b", "=", "1 2", "'"]
KEY_WORDS = ["a", "a-b", "null", "0", "-2", "010", "1.5", "5.", "a b", "\\:", "'q'", "${a}", "x.y", ":", "%", "1", "1.0", "true", "False"]
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


# Where a mutation may lead.
PIECES = list("=,:()[]{}'\"\\ +-~@/.$#_%*?|!&;<>^`019aen\t\n") + ["\\,", "\\'", '\\"', "\\\\", "${", "}", "[]", "{}", "''", "ü", "日", "\u00a0",
          "null", "true", "inf", "1e5", "int(", "str(", "choice(", "range(", "sort(", ",reverse=true)", "tag(t,", "x.yaml:", "++", "1_0"]


def golden():
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with open(os.path.join(folder, "golden", "overrides.json"), encoding="utf-8") as file:
        vectors = json.load(file)
    return [v["in"] for v in vectors["parse"]] + [text for v in vectors["sweep"] for text in v["in"]]


def mutated(rng, inputs):
    text = rng.choice(inputs)
    for _ in range(rng.choice([1, 1, 2, 3, 5])):
        at, kind = rng.randrange(len(text) + 1), rng.randrange(5)
        if kind == 0:
            text = text[:at] + text[at + rng.choice([1, 1, 2, 4]):]
        elif kind == 1:
            other = rng.choice(inputs)
            text = text[:at] + other[rng.randrange(len(other) + 1):]
        elif kind == 2:
            text = text[:at] + text[at:at + 3] * 2 + text[at + 3:]
        else:
            text = text[:at] + rng.choice(PIECES) + text[at + (kind == 3):]
    return text


SWEPT = ["1,2", "a,b", "'1','2'", "choice('1',2)", "range(3)", "range(0.1,0.5,0.1)", "range(2,0,-0.5)", "range(1,1.3,0.1)", "sort(3,1,2)", "str(1,2)",
         "int(1.5,2.5)", "float(range(1,3))", "sort(range(0,1,0.25),reverse=true)", "tag(t,choice(x,y))", "[1,2],[3]", "{x:1},{x:'1'}", "true,null",
         "1e-5,1e22", "choice(\"a'b\",'c d')", "choice('null','true','1e3','')", "choice(\"'q'\",'x=y')", "a\\,b,c", "'a\\\\','b'",
         "${x},'${y}'", "choice([str(1),'2'],{k:str(3)})", "shuffle(5)", "choice(1)", "1_0,010", "inf,-nan", "choice('ü',1)", "choice('(a)','b:c')",
         "int('1','2')", "bool(0,1)", "sort('b',a)", "interval(0,1)", "glob(*)"]
SETTLED = ["1", "'1'", "str(3)", "str([1,null])", "[str(1),'1']", "{k:str(true)}", "", "a b", "a\\=b", "'a=b'", "1e5", "null", "${x}", "str('a b')", "[[]]"]


def command_line(rng):
    texts = []
    for _ in range(rng.randrange(1, 5)):
        file = rng.choice(["", "", "", "x.yaml:", "d/y.json:", "params.yaml:"])
        sign = rng.choice(["", "", "", "", "+", "++"])
        texts.append(file + sign + rng.choice(["a", "a", "b", "c.d", "e.0"]) + "=" + rng.choice(SWEPT if rng.random() < .5 else SETTLED))
    return texts


def points(parser, texts):
    """What DVC queues of them, as it writes it; None when that is nobody's business here."""
    if not any(parser.parse_override(t.partition(":")[2] if ":" in t.partition("=")[0] else t).is_sweep_override() for t in texts):
        paths = [to_path_overrides(texts)]
    else:
        paths = get_hydra_sweeps(to_path_overrides(texts))
    return [[f"{path}:{text}" for path, overrides in point.items() for text in overrides] for point in paths]


def sweep(parser, texts):
    if any("shuffle(5)" != t and "shuffle" in t for t in texts):
        return None
    try:
        out = points(parser, texts)
    except Exception as e:  # what the sweeper refuses
        return {"in": texts, "error": str(e)}
    if any("choice(1)" in t or "shuffle(5)" in t for t in texts) and len(out) < 2:
        return None  # one value is no sweep to us
    return {"in": texts, "out": out}


class DecimalRange(types.FloatRange):
    """Later versions add decimals: 0.3 and not 0.30000000000000004; tests/golden/overrides.json is of one of these."""

    def __post_init__(self):
        self.start, self.stop, self.step = (decimal.Decimal(str(x)) for x in (self.start, self.stop, self.step))


types.FloatRange = DecimalRange


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
    return {"t": "range", "shuffle": value.shuffle, "start": repr(value.start + 0), "stop": repr(value.stop + 0),
            "step": repr(value.step + 0)}


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
    if ":" in text.partition("=")[0] or "[" in text.partition("=")[0]:
        return None  # a file; list[0] is ours
    try:
        parsed = parser.parse_override(text)
        if not settles(parsed._value) or (not parsed.key_or_group and parsed.type.name != "FORCE_ADD"):
            return {"in": text, "error": True}
    except Exception:  # every refusal of the parser
        return {"in": text, "error": True}
    if not parsed.key_or_group or (parsed.type.name == "DEL" and isinstance(parsed._value, Sweep)):
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
    inputs = golden()
    texts = [mutated(rng, inputs) if i % 2 else override(rng) for i in range(options.count)]
    vectors = [v for v in (vector(parser, text) for text in texts) if v]
    sweeps = [v for v in (sweep(parser, command_line(rng)) for _ in range(options.count // 5)) if v]
    # In the form of tests/golden/overrides.json.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"parse": vectors, "sweep": sweeps}, file)
        file.flush()
        print(f"seed {options.seed}: {len(vectors)} overrides, {sum('error' in v for v in vectors)} refused; "
              f"{len(sweeps)} command lines, {sum('error' in v for v in sweeps)} refused", flush=True)
        return subprocess.call([options.test, "--gtest_filter=ParseOverride.AgreesWithHydra:ExpandGrid.HasHydrasOrder"],
                               env={**os.environ, "EXPQ_OVERRIDE_VECTORS": file.name})


if __name__ == "__main__":
    sys.exit(main())
