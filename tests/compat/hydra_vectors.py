"""Random Hydra configuration folders, what hydra-core composes of them, and what test_common_params does.

usage: build/dvc/bin/python tests/compat/hydra_vectors.py --test build/debug/tests/bin/test_common_params
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

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

SCALARS = ["1", "-2.5", "1e-5", "yes", "010", "true", "null", "'s'", "text", "2024-01-01", "1:30", "a b", "???", "[1, x]", "{q: 1}",
           "${k0}", "${oc.env:HYDRA_VECTOR}", "x-${oc.env:NO_SUCH,d}", "\\${k0}", "\"it's\"", "[]", "{}"]
GROUPS = ["db", "model", "model/opt", "server"]
OPTIONS = ["a", "b", "c"]


class Maker:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def pick(self, things):
        return self.rng.choice(things)

    def values(self, indent=""):
        out = ""
        for i in range(self.rng.randrange(4)):
            if not indent and self.rng.random() < .2:
                out += f"k{i}:\n  n{i}: {self.pick(SCALARS[:12])}\n  m: {self.pick(SCALARS[:12])}\n"
            else:
                out += f"{indent}k{i}: {self.pick(SCALARS)}\n"
        return out

    def entry(self, root, group):
        kind = self.rng.randrange(14)
        here = [g for g in GROUPS if not group or g.startswith(group + "/")]
        name = self.pick(here or GROUPS)
        relative = name[len(group) + 1:] if group and name.startswith(group + "/") else ("/" + name if group else name)
        option = self.pick(OPTIONS + (["???"] if self.rng.random() < .05 else []) + (["none_such"] if self.rng.random() < .1 else []))
        package = self.pick(["", "", "", "@p", "@_global_", "@_here_", "@p.q", "@_group_"])
        if kind < 7:
            return f"- {relative}{package}: {option}"
        if kind == 7:
            return f"- optional {relative}{package}: {self.pick(OPTIONS + ['none_such'])}"
        if kind == 8:
            return f"- {relative}{package}: [{', '.join(self.rng.sample(OPTIONS, self.rng.randrange(1, 3)))}]"
        if kind == 9:
            return f"- {relative}{package}: null"
        if kind == 10:
            return f"- {relative}/{self.pick(OPTIONS)}"
        if kind == 11 and root:
            return "- model: ${db}"
        return "- _self_"

    def defaults(self, group):
        lines, seen_self = [], False
        for _ in range(self.rng.randrange(4)):
            line = self.entry(not group, group)
            if line == "- _self_" and seen_self:
                continue
            seen_self |= line == "- _self_"
            lines.append(line)
        if self.rng.random() < .2:
            lines.append(f"- override {'/' if group else ''}{self.pick(GROUPS)}: {self.pick(OPTIONS)}")
        return "defaults:\n" + "".join(f"  {line}\n" for line in lines) if lines else ""

    def file(self, group):
        header = self.pick(["", "", "", "", "# @package _global_\n", "# @package x.y\n", "#@package x\n"]) if group else ""
        defaults = self.defaults(group) if not group or self.rng.random() < .3 else ""
        hydra = "hydra:\n  run:\n    dir: x\n" if not group and self.rng.random() < .2 else ""
        return header + defaults + self.values() + hydra

    def folder(self):
        files = {"config.yaml": self.file("")}
        for group in GROUPS:
            for option in OPTIONS:
                if self.rng.random() < .8:
                    files[f"{group}/{option}.yaml"] = self.file(group)
        return files

    def override(self):
        group = self.pick(GROUPS)
        return self.pick([f"{group}={self.pick(OPTIONS)}", f"+{group}={self.pick(OPTIONS)}", f"{group}@p={self.pick(OPTIONS)}", f"~{group}",
                          f"~{group}={self.pick(OPTIONS)}", "k0=5", "+new.deep=1", f"{group}.k0=x", f"++{group}.k1=[1,2]", "~k1",
                          f"{group}=[a,b]", "k2='${k0}'", "+m.k9=1e-3", "hydra.run.dir=y"])

    def case(self):
        return {"files": self.folder(), "overrides": [self.override() for _ in range(self.pick([0, 0, 1, 1, 2]))]}


def composed(case, folder):
    for name, text in case["files"].items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    with initialize_config_dir(folder, version_base=None):
        config = compose(config_name="config", overrides=case["overrides"])
    OmegaConf.resolve(config)
    return OmegaConf.to_yaml(config)


def vectors(seed, count):
    maker, out = Maker(seed), []
    for _ in range(count):
        case = maker.case()
        with tempfile.TemporaryDirectory() as folder:
            try:
                case["yaml"] = composed(case, folder)
            except (RecursionError, AssertionError):  # no refusal but a slip: ~model where model is ${db} and db null
                continue
            except Exception as e:  # every refusal
                if "Could not delete from config" in str(e):
                    continue  # this version does not delete a null; tests/golden/overrides.json is of one that does
                case["error"] = f"{type(e).__name__}: {e}"
        out.append(case)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--test", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=150)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    os.environ["HYDRA_VECTOR"] = "v"
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        made = vectors(options.seed, options.count)
        json.dump(made, file)
        file.flush()
        print(f"{len(made)} folders, seed {options.seed}, {sum('error' in v for v in made)} refused", flush=True)
        return subprocess.call([options.test, "--gtest_filter=ComposeHydra.AgreesWithHydraItself"],
                               env={**os.environ, "EXPQ_HYDRA_VECTORS": file.name})


if __name__ == "__main__":
    sys.exit(main())
