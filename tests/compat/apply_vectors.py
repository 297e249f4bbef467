"""Random documents and overrides, what DVC's apply (Hydra and OmegaConf) makes of them, and what test_common_params does.

usage: build/dvc/bin/python tests/compat/apply_vectors.py --test build/debug/tests/bin/test_common_params
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

from dvc.utils.collections import to_omegaconf
from dvc.utils.hydra import to_hydra_overrides
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from omegaconf import OmegaConf

SCALARS = [1, 0, -2.5, 1e-7, 3.0, True, False, None, "x", "", "1", "a b", "null", "true", "é"]
TEXTS = ["1", "1.0", "0", "-2.5", "1e-7", "true", "null", "x", "''", "'1'", "", "[]", "{}", "[1,[x]]", "{a:1}", "{a:{b:2}}", "{b:[1]}", "{c:null}",
         "{a:1,new:2}", "[{a:1}]", "???", "\\${a}", "${a}", "'${b.c}'", "{a:'${b}'}", "x${a}y", "[${a},1]"]
NAMES = ["a", "b", "c", "0", "1", "$x"]


class Maker:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def node(self, depth):
        kind = self.rng.randrange(6 if depth < 3 else 3)
        if kind < 3:
            return self.rng.choice(SCALARS)
        if kind == 3:
            return [self.node(depth + 1) for _ in range(self.rng.randrange(4))]
        return {name: self.node(depth + 1) for name in self.rng.sample(NAMES, self.rng.randrange(4))}

    def document(self):
        return {name: self.node(0) for name in self.rng.sample(NAMES, self.rng.randrange(1, 5))}

    def key(self, document):
        """Mostly one that is there, sometimes beside or below it."""
        at, names = document, []
        while isinstance(at, (dict, list)) and len(at) and (not names or self.rng.random() < .7):
            name = self.rng.choice(list(at) if isinstance(at, dict) else range(len(at)))
            names.append(str(name))
            at = at[name]
        if self.rng.random() < .25:
            names.append(self.rng.choice(NAMES + ["7"]))
        if len(names) > 1 and self.rng.random() < .1:
            names[-1] = self.rng.choice(NAMES)
        return ".".join(names)

    def override(self, document):
        sign, key = self.rng.choice(["", "", "", "+", "+", "++", "++", "~", "~"]), self.key(document)
        if sign == "~" and self.rng.random() < .6:
            return f"~{key}"
        return f"{sign}{key}={self.rng.choice(TEXTS)}"

    def case(self):
        document = self.document()
        return {"base": document, "in": [self.override(document) for _ in range(self.rng.choice([1, 1, 2, 3]))]}


def plain(value):
    """False for what JSON cannot say: keys that are no strings are written as texts, as our maps have them."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list) else value


def applied(case):
    data = OmegaConf.create(to_omegaconf(case["base"]), flags={"allow_objects": True})
    OmegaConf.set_struct(data, True)
    ConfigLoaderImpl._apply_overrides_to_config(to_hydra_overrides(case["in"]), data)
    return plain(OmegaConf.to_object(data))


def has_null(node):
    if isinstance(node, (dict, list)):
        return any(map(has_null, node.values() if isinstance(node, dict) else node))
    return node is None


def replaces(case):
    """Whether a value that must be resolved, and perhaps cannot be, is replaced again: here it must be right at once."""
    keys = [t.lstrip("+~").partition("=")[0] + "." for t in case["in"]]
    return any(("${" in case["in"][i] or "???" in case["in"][i]) and (later.startswith(keys[i]) or keys[i].startswith(later))
               for i in range(len(keys)) for later in keys[i + 1:])


def vector(case):
    deletes_null = any(t.startswith("~") and t.endswith("=null") for t in case["in"])
    deletes = any(t.startswith("~") for t in case["in"])
    if replaces(case):
        return None
    # This version of Hydra does not delete a null nor a list's item, and takes ~a=null for ~a; tests/golden/overrides.json is of one that does.
    if deletes_null or (deletes and (has_null(case["base"]) or "null" in "".join(case["in"]))):
        return None
    try:
        case["out"] = applied(case)
    except Exception as e:  # every refusal
        if "list indices must be integers" in str(e):
            return None
        case["error"] = f"{type(e).__name__}: {e}"
    return case


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--test", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1500)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    maker = Maker(options.seed)
    vectors = [v for v in (vector(maker.case()) for _ in range(options.count)) if v]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"base": {}, "apply": vectors}, file)
        file.flush()
        print(f"seed {options.seed}: {len(vectors)} applied, {sum('error' in v for v in vectors)} refused", flush=True)
        return subprocess.call([options.test, "--gtest_filter=ApplyOverrides.AgreesWithHydraAndOmegaConf"],
                               env={**os.environ, "EXPQ_APPLY_VECTORS": file.name})


if __name__ == "__main__":
    sys.exit(main())
