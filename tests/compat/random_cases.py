"""Random pipelines that really run, through random days: edits, lost outputs, options, one tool after the other."""
import json
import os
import shutil

import workbench
from workbench import dvc, expq, git, whole_in_any_order, write

CASES = int(os.environ.get("EXPQ_DAYS", 16))  # more by hand
STEPS = 5


class Pipeline:
    """A dvc.yaml whose commands gather what they depend on; `rng` chooses everything."""

    def __init__(self, rng):
        self.rng = rng
        self.inputs = [f"in{i}" for i in range(3)] + ["data/a", "data/b/c"]
        self.params = {"p0": 1, "p1": "text", "p2": 2.5, "deep": {"p3": True}}
        self.outs = []  # by root-relative path, in the order of the stages
        self.stages = [self.stage(i) for i in range(rng.randint(3, 6))]
        self.cached = [out for out, cached in self.outs if cached]

    def chance(self, probability):
        return self.rng.random() < probability

    def files(self):
        made = {path: f"{path} of today\n" for path in self.inputs}
        return {**made, "sub/keep": "", "params.yaml": self.params_text(), "dvc.yaml": self.text()}

    def params_text(self):
        return "# changed now and then\n" + "".join(f"{k}: {json.dumps(v)}\n" for k, v in self.params.items())

    def text(self):
        return "stages:\n" + "".join(self.stages)

    def stage(self, i):
        wdir = "sub" if self.chance(0.2) else ""
        seen = lambda path: os.path.relpath(path, wdir) if wdir else path
        sources = self.inputs + ["data"] + [out for out, _ in self.outs]
        deps = [seen(d) for d in self.rng.sample(sources, self.rng.randint(0 if self.chance(0.1) else 1, min(3, len(sources))))]
        deps = [d for d in deps if not any(d != o and d.startswith(o + "/") for o in deps)]
        params = self.rng.sample(["p0", "p1", "p2", "deep.p3"], self.rng.randint(0, 2))
        looped = self.chance(0.2)
        item = "-${item}" if looped else ""
        lines, commands = [], []
        for n in range(self.rng.randint(1, 2)):
            out, flags = f"s{i}o{n}", {}
            if self.chance(0.2):
                flags["cache"] = False
            if self.chance(0.1):
                flags["persist"] = True
            gather = f"find {' '.join(deps)} -type f | LC_ALL=C sort | xargs cat" if deps else "echo alone"
            target = f"{out}{item}/x" if n == 1 and self.chance(0.5) else f"{out}{item}"
            folder = f"mkdir -p {os.path.dirname(target)}; " if os.path.dirname(target) else ""
            # No two blanks in a row: where a line of the lock is folded, ruamel.yaml loses one of them.
            values = " ".join(["value", *("${" + p + "}" for p in params), *(["${item}"] if looped else [])])
            commands.append(f"{folder}({gather}; echo {values}) {'>>' if 'persist' in flags else '>'} {target}")
            lines.append(f"    - {out}{item}{': ' + json.dumps(flags) if flags else ''}")
            for suffix in ("-a", "-b") if looped else ("",):
                self.outs.append((os.path.normpath(os.path.join(wdir, out + suffix)), flags.get("cache", True)))
        body = [f"    cmd: {' && '.join(commands)}"]
        if wdir:
            body.append(f"    wdir: {wdir}")
        if deps:
            body.append(f"    deps: {json.dumps(deps)}")
        if params:
            body.append(f"    params: [{json.dumps({'../params.yaml' if wdir else 'params.yaml': params})}]")
        if self.chance(0.08):
            body.append("    always_changed: true")
        body.append("    outs:\n" + "\n".join(lines))
        if looped:
            inner = "\n".join(body).replace("\n", "\n  ")
            return f"  s{i}:\n    foreach: [a, b]\n    do:\n  {inner}\n"
        return f"  s{i}:\n" + "\n".join(body) + "\n"

    # What happens in a day; each is a list of (path, text or None).

    def edit(self):
        roll = self.rng.random()
        if roll < 0.3:
            return [(self.rng.choice(self.inputs), f"edited {self.rng.randrange(3)}\n")]
        if roll < 0.55:
            key = self.rng.choice(["p0", "p1", "p2"])
            self.params[key] = self.rng.choice([1, 2, "text", 2.5, 2.0, None])
            return [("params.yaml", self.params_text())]
        if roll < 0.75 and self.cached:
            return [(self.rng.choice(self.cached), None)]
        if roll < 0.85:
            i = self.rng.randrange(len(self.stages))
            self.stages[i] = self.stages[i].replace("cmd: ", "cmd: true && ", 1)
            return [("dvc.yaml", self.text())]
        if roll < 0.9 and self.cached:
            return [(self.rng.choice(self.cached), "by hand\n")]
        if roll < 0.94:
            return [(self.rng.choice([".dvc/cache/runs", ".dvc/cache/files", "dvc.lock"]), None)]
        if roll < 0.97:
            return [(self.rng.choice(self.inputs), None)]
        return [("dvc.yaml", self.froze())]

    def froze(self):
        # DVC's status also speaks of frozen stages that always run, and its repro leaves them alone.
        i = self.rng.choice([i for i, text in enumerate(self.stages) if "always_changed" not in text] or [None])
        if i is None:
            return self.text()
        indent = " " * (self.stages[i].index("cmd:") - self.stages[i].rindex("\n", 0, self.stages[i].index("cmd:")) - 1)
        line = f"{indent}frozen: true\n"
        found = line in self.stages[i]
        self.stages[i] = self.stages[i].replace(line, "") if found else self.stages[i].replace(f"{indent}cmd:", f"{line}{indent}cmd:", 1)
        return self.text()

    def arguments(self):
        i = self.rng.randrange(len(self.stages))
        return self.rng.choice([[], [], [], ["-f"], [f"s{i}"], ["--downstream", f"s{i}"], ["-s", f"s{i}"], ["--no-run-cache"], ["-k"],
                                ["--force-downstream"], ["--force-downstream", f"s{i}"], ["--allow-missing"], ["--no-commit"],
                                ["-p", f"s{i}"], ["-f", "--downstream", f"s{i}"], ["-f", "-s", f"s{i}"]])


class Days(workbench.Case):
    @staticmethod
    def apply(root, edits):
        for path, text in edits:
            full = os.path.join(root, path)
            if text is not None:
                write(root, os.path.join(path, "by-hand") if os.path.isdir(full) else path, text)
            elif os.path.isdir(full):
                shutil.rmtree(full)
            elif os.path.exists(full):
                os.remove(full)

    @workbench.each(*range(CASES))
    def test_a_day(self, number):
        pipeline = Pipeline(self.random)
        self.repository(pipeline.files())
        in_turns = number % 2  # else ours is expq's alone
        for step in range(STEPS):
            edits, arguments = pipeline.edit() if step else [], pipeline.arguments() if step else []
            with self.subTest(step=step, edits=edits, arguments=arguments):
                for root in (self.theirs, self.ours):
                    self.apply(root, edits)
                program = dvc if in_turns and self.chance() else expq
                theirs = dvc(self.theirs, "repro", "-q", *arguments, ok=False)
                ours = program(self.ours, "repro", "-q", *arguments, ok=False)
                if theirs.returncode != 0 and "frozen" in pipeline.text():
                    return  # DVC wants a checkout of a frozen stage's outputs that are gone, expq puts them back
                self.assertEqual(ours.returncode == 0, theirs.returncode == 0, theirs.text + ours.text)
                if theirs.returncode != 0:
                    return  # DVC has removed the outputs of a stage that it cannot run, expq has not
                self.assertEqual(whole_in_any_order(self.ours), whole_in_any_order(self.theirs))
                self.assertEqual(git(self.ours, "status", "--porcelain"), git(self.theirs, "status", "--porcelain"))
        dirty = set(json.loads(dvc(self.ours, "status", "--json").stdout))
        direct = {s["stage"] for s in self.expq_status(self.ours) if any("upstream" not in r for r in s["reasons"])}
        self.assertEqual(direct, dirty)

    def chance(self):
        return self.random.random() < 0.5
