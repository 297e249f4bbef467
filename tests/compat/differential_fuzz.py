"""Random pipelines, overrides and YAML: what the real DVC makes of them against what expq does.

usage: differential_fuzz.py --resolver PATH [--seed N] [--cases N | --seconds N] [--keep-going] [--show SEED]

Runs in DVC's own virtual environment (build/dvc/bin/python), with DVC as a library and expq behind tests/bin/compat_resolver:
a few milliseconds a case. Case N of seed S is the same everywhere. A difference is cut down to the lines that it needs
and printed; put it into differences/ (see there), from where it is compared first in every run.
"""
import argparse
import datetime
import glob
import json
import logging
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
os.environ["DVC_NO_ANALYTICS"] = "1"

import language_seeds
import random_pipelines
from deliberate import deliberate
from dvc.dependency.param import ParamsDependency
from dvc.repo import Repo
from dvc.stage import PipelineStage
from dvc.utils.hydra import apply_overrides
from dvc.utils.serialize import LOADERS


class Theirs:
    """DVC on a repository that is made anew for each case."""

    def __init__(self, root):
        self.root = root
        os.chdir(root)
        self.repo = Repo.init(root, no_scm=True)

    def clear(self):
        for entry in os.scandir(self.root):
            if entry.name not in (".dvc", ".dvcignore"):
                shutil.rmtree(entry.path) if entry.is_dir() and not entry.is_symlink() else os.remove(entry.path)

    def answer(self, case):
        self.clear()
        try:
            return self.resolve(case["files"]) if "files" in case else self.read(case["yaml"]) if "yaml" in case else self.override(**case)
        except Exception as error:  # DVC's own, and what escapes it
            return {"error": f"{type(error).__name__}: {error}" + (f": {error.__cause__}" if error.__cause__ else "")}

    def resolve(self, files):
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(self.root, path)), exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
        self.repo._reset()
        index = self.repo.index
        index.check_graph()
        stages = [self.stage(s) for s in index.stages if isinstance(s, PipelineStage)]
        sources = [self.source(s) for s in index.stages if not isinstance(s, PipelineStage) and s.outs]
        return {"stages": stages, "sources": sources}

    def stage(self, stage):
        deps = [d.def_path for d in stage.deps if not isinstance(d, ParamsDependency)]
        params = [[d.def_path, [str(key) for key in d.params]] for d in stage.deps if isinstance(d, ParamsDependency)]
        outs = [[o.def_path, "metric" if o.metric else "plot" if o.plot else "out", bool(o.use_cache), bool(o.persist)]
                for o in stage.outs]
        return {"name": stage.name, "file": os.path.relpath(stage.path, self.root),
                "wdir": os.path.relpath(stage.wdir, self.root), "cmd": stage.cmd, "frozen": bool(stage.frozen),
                "always_changed": bool(stage.always_changed), "deps": deps, "params": params, "outs": outs}

    def source(self, stage):
        out = stage.outs[0]
        return [os.path.relpath(stage.path, self.root), os.path.relpath(out.fs_path, self.root), out.hash_info.value or "",
                bool(out.use_cache)]

    def read(self, text):
        return {"value": typed(values(text, "params.yaml", self.root))}

    def override(self, file, text, overrides):
        path = os.path.join(self.root, file)
        with open(path, "w", encoding="utf-8", newline="") as out:
            out.write(text)
        apply_overrides(path, overrides)
        with open(path, encoding="utf-8") as changed:
            return {"text": changed.read()}


def typed(value):
    """As the resolver writes it: JSON has only texts as keys, and no dates."""
    if isinstance(value, dict):
        return {"map": [[typed(key), typed(item)] for key, item in value.items()]}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return {"date": True} if isinstance(value, datetime.date) else value


class Ours:
    def __init__(self, resolver):
        self.process = subprocess.Popen([resolver], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def answer(self, case):
        self.process.stdin.write(json.dumps(case) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline(), object_hook=lambda o: {"date": True} if "date" in o and len(o) == 1 else o)
        if "yaml" in case and not answer.get("value", True):
            answer["value"] = {"map": []}  # DVC takes each file that has nothing for an empty map
        return answer

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def same(a, b):
    """Equal in type too: 1 is not 1.0."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    return type(a) is type(b) and a == b


def order(answer):
    """What has no meaning made alike: the order of stages and of outputs, a param or dependency named twice."""
    stages = []
    for stage in sorted(answer["stages"], key=lambda s: (s["file"], s["name"])):
        params = sorted([path, list(dict.fromkeys(keys))] for path, keys in stage["params"])
        stages.append({**stage, "params": params, "deps": list(dict.fromkeys(stage["deps"])), "outs": sorted(stage["outs"])})
    return {**answer, "stages": stages, "sources": sorted(answer["sources"])}


def values(text, file, root):
    path = os.path.join(root, f"compared-{file}")
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.write(text)
    return LOADERS[os.path.splitext(file)[1]](path)


class Judge:
    def __init__(self, theirs, ours):
        self.theirs, self.ours = theirs, ours

    def difference(self, case):
        """None, or what differs: "verdict" or the part, and both answers."""
        theirs, ours = self.theirs.answer(case), self.ours.answer(case)
        if ("error" in theirs) != ("error" in ours):
            kind = "DVC refuses" if "error" in theirs else "expq refuses"
        elif "error" in theirs:
            return None
        elif "yaml" in case:
            kind = None if same(theirs["value"], ours["value"]) else "values"
        elif "files" in case:
            kind = self.part(order(theirs), order(ours))
        else:
            parsed = [values(side["text"], case["file"], self.theirs.root) for side in (theirs, ours)]
            kind = None if same(*parsed) else "values"
        if kind is None or deliberate(case, kind, theirs, ours):
            return None
        return kind, theirs, ours

    @staticmethod
    def part(theirs, ours):
        if [(s["file"], s["name"]) for s in theirs["stages"]] != [(s["file"], s["name"]) for s in ours["stages"]]:
            return "stages"
        for a, b in zip(theirs["stages"], ours["stages"]):
            for key in a:
                if not same(a[key], b[key]):
                    return key
        return None if same(theirs["sources"], ours["sources"]) else "sources"

    def smaller(self, case, kind):
        """The same difference with as few lines as possible."""
        def holds(candidate):
            found = self.difference(candidate)
            return found is not None and found[0] == kind

        for _ in range(3):
            before = json.dumps(case)
            for path in list(case.get("files", ())):
                fewer = {**case, "files": {k: v for k, v in case["files"].items() if k != path}}
                if path != "dvc.yaml" and holds(fewer):
                    case = fewer
                    continue
                text = self.shorter(case["files"][path],
                                    lambda t, path=path: holds({**case, "files": {**case["files"], path: t}}))
                case = {**case, "files": {**case["files"], path: text}}
            if "yaml" in case:
                case = {"yaml": self.shorter(case["yaml"], lambda t: holds({"yaml": t}))}
            if "overrides" in case:
                for one in list(case["overrides"]):
                    fewer = {**case, "overrides": [o for o in case["overrides"] if o != one]}
                    case = fewer if fewer["overrides"] and holds(fewer) else case
                case = {**case, "text": self.shorter(case["text"], lambda t: holds({**case, "text": t}))}
            if json.dumps(case) == before:
                break
        return case

    @staticmethod
    def shorter(text, holds):
        lines = text.splitlines(keepends=True)
        size = max(1, len(lines) // 2)
        while size:
            at = 0
            while at < len(lines):
                fewer = lines[:at] + lines[at + size:]
                if holds("".join(fewer)):
                    lines = fewer
                else:
                    at += size
            size //= 2
        return "".join(lines)


def case_of(seed, number):
    rng = random.Random(f"{seed} {number}")
    if number % 8 == 5:
        return random_pipelines.document(rng)
    return random_pipelines.overrides(rng) if number % 4 == 3 else random_pipelines.pipeline(rng)


def show(case, found):
    kind, theirs, ours = found
    print(f"--- {kind}")
    if "yaml" in case:
        print(repr(case["yaml"]))
    for name, text in case.get("files", {case["file"]: case["text"]} if "file" in case else {}).items():
        print(f"=== {name}\n{text}", end="" if text.endswith("\n") else "\n")
    if "overrides" in case:
        print("overrides:", case["overrides"])
    print(f"DVC:  {json.dumps(theirs, ensure_ascii=False, default=str)[:1500]}")
    print(f"expq: {json.dumps(ours, ensure_ascii=False)[:1500]}", flush=True)


def replay(judge):
    """The differences of earlier runs; number of them, and of those that are back."""
    back = 0
    paths = sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "differences", "*.json")))
    for path in paths:
        with open(path, encoding="utf-8") as file:
            case = json.load(file)
        case.pop("about")
        found = judge.difference(case)
        if found:
            back += 1
            print(f"back: {path}")
            show(case, found)
    return len(paths), back


def seeds(judge):
    """Those of language_seeds: number of them, and of those that differ."""
    cases = [{"files": files} for files in language_seeds.repositories()]
    different = 0
    for case in cases:
        found = judge.difference(case)
        if found:
            different += 1
            show(case, found)
    return len(cases), different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resolver", required=True)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--seconds", type=float, default=math.inf)
    parser.add_argument("--keep-going", action="store_true", help="after a difference")
    options = parser.parse_args()
    resolver = os.path.abspath(options.resolver)
    logging.disable(logging.CRITICAL)
    print(f"--seed {options.seed}", flush=True)
    start, different, counts = time.monotonic(), 0, {"accepted": 0, "refused": 0}
    with tempfile.TemporaryDirectory(prefix="expq-differential-") as root:
        theirs, ours = Theirs(root), Ours(resolver)
        judge = Judge(theirs, ours)
        kept, back = replay(judge)
        fixed, different = seeds(judge)
        different += back
        number = options.first
        while number < options.first + options.cases and time.monotonic() - start < options.seconds:
            case = case_of(options.seed, number)
            counts["refused" if "error" in ours.answer(case) else "accepted"] += 1
            found = judge.difference(case)
            if found:
                different += 1
                small = judge.smaller(case, found[0])
                print(f"difference in case {number}: --seed {options.seed} --first {number} --cases 1")
                show(small, judge.difference(small) or found)
                print(json.dumps({"about": "", **small}, ensure_ascii=False), flush=True)
                if not options.keep_going:
                    break
            number += 1
        ours.end()
        os.chdir("/")
    print(f"{kept} kept cases, {fixed} seeds and {number - options.first} random ones of seed {options.seed} "
          f"({counts['accepted']} accepted, {counts['refused']} refused): {different} differences, "
          f"{time.monotonic() - start:.0f} s")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
