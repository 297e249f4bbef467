"""Experiments: what one tool runs, the other lists, compares, applies and finds up to date."""
import csv
import hashlib
import io
import json
import os
import re

import workbench
from workbench import dvc, expq, git, read, run, write

PARAMS = """\
# comments stay
prepare:
  n: 3        # lines
train:
  units: 10   # hidden
  lr: 1.0e-3
  name: 'a: b'
  list: [1, 2]
"""

STAGES = """\
stages:
  prepare:
    cmd: mkdir -p data/split && head -n ${prepare.n} data/raw.txt > data/split/a.txt && cp data/raw.txt data/split/b.txt
    deps:
    - data/raw.txt
    params:
    - prepare
    outs:
    - data/split
  train:
    cmd:
    - (cat data/split/a.txt; grep -c . data/split/b.txt; grep units params.yaml | tr -dc 0-9) > model.bin
    - sh -c 'printf "{\\"acc\\":0.%s}" $(grep units params.yaml | tr -dc 0-9) > metrics.json'
    deps:
    - data/split
    params:
    - train.units
    - train.lr
    outs:
    - model.bin
    metrics:
    - metrics.json:
        cache: false
  report:
    wdir: sub
    cmd: wc -c ../model.bin > size.txt
    deps:
    - ../model.bin
    outs:
    - size.txt:
        cache: false
"""

FILES = {"params.yaml": PARAMS, "dvc.yaml": STAGES, "sub/keep": "",
         "data/raw.txt": "".join(f"line {i} é\r\n" for i in range(10))}


class Experiments(workbench.Case):
    def setUp(self):
        super().setUp()
        self.begin("start", lambda: self.repository(FILES, add=["data/raw.txt"]))

    def result(self, root, name):
        """The ref of a result: its message, its parent and its files."""
        refs = git(root, "for-each-ref", "--format=%(refname)", "refs/exps").split()
        ref = next(r for r in refs if r.endswith("/" + name))
        names = git(root, "-c", "core.quotePath=off", "ls-tree", "-r", "--name-only", ref).splitlines()
        files = {n: git(root, "show", f"{ref}:{n}") for n in names}
        return git(root, "log", "-1", "--format=%s", ref).strip(), git(root, "log", "-1", "--format=%T %P", ref), files

    def assert_same_result(self, name, but_params=()):
        theirs, ours = self.result(self.theirs, name), self.result(self.ours, name)
        for path in but_params:
            # Ours changes one value where it stands; DVC writes the whole file anew.
            theirs[2].pop(path), ours[2].pop(path)
        self.assertEqual(ours[2], theirs[2])
        self.assertEqual(ours[0], theirs[0])

    def test_an_experiment_leaves_the_same_commit(self):
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one", "-S", "train.units=11")
        expq(self.ours, "run", "--temp", "-n", "one", "-S", "train.units=11")
        self.assert_same_result("one", but_params=["params.yaml"])
        message, _, files = self.result(self.ours, "one")
        self.assertRegex(message, "^dvc: commit experiment [0-9a-f]{64}$")
        self.assertIn("metrics.json", files)

    def test_an_experiment_without_overrides_leaves_the_same_tree(self):
        self.change("params.yaml", PARAMS.replace("units: 10", "units: 12"))
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one")
        expq(self.ours, "run", "--temp", "-n", "one")
        self.assert_same_result("one")
        self.assertEqual(self.result(self.ours, "one")[1], self.result(self.theirs, "one")[1])

    def test_an_experiment_after_repro_runs_only_what_changed(self):
        for root in (self.theirs, self.ours):
            dvc(root, "repro", "-q")
            git(root, "add", "-A")
            git(root, "commit", "-q", "-m", "baseline")
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one", "-S", "train.units=11")
        expq(self.ours, "run", "--temp", "-n", "one", "-S", "train.units=11")
        self.assert_same_result("one", but_params=["params.yaml"])

    def test_changed_data_travels_with_the_experiment(self):
        self.change("data/raw.txt", "other\n" * 5)
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one")
        expq(self.ours, "submit", "-n", "one")
        expq(self.ours, "run-all")
        self.assert_same_result("one")
        self.assertEqual(git(self.ours, "status", "--porcelain"), git(self.theirs, "status", "--porcelain"))

    def test_staged_files_travel_and_untracked_ones_do_not(self):
        for path in ("staged.txt", "untracked.txt"):
            self.change(path, path)
        self.change("sub/keep", "changed")
        for root in (self.theirs, self.ours):
            git(root, "add", "staged.txt")
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one")
        expq(self.ours, "run", "--temp", "-n", "one")
        self.assert_same_result("one")

    def test_an_experiment_in_the_workspace_leaves_the_same_workspace(self):
        dvc(self.theirs, "exp", "run", "-q", "-n", "one", "-S", "train.units=11")
        expq(self.ours, "run", "-n", "one", "-S", "train.units=11")
        self.assert_same_result("one", but_params=["params.yaml"])
        theirs, ours = workbench.whole(self.theirs), workbench.whole(self.ours)
        self.assertIn("units: 11   # hidden", ours.pop("params.yaml")[0])
        theirs.pop("params.yaml")
        self.assertEqual(ours, theirs)
        changed = [run(r, "git", "diff", "HEAD", "--name-only").stdout for r in (self.theirs, self.ours)]
        self.assertEqual(changed[1].replace("dvc.lock\n", ""), changed[0].replace("dvc.lock\n", ""))
        self.assert_clean_for_dvc(self.ours)
        self.assert_clean_for_expq(self.theirs)

    def test_an_experiment_in_the_workspace_after_repro(self):
        for root, program in ((self.theirs, dvc), (self.ours, expq)):
            program(root, "repro")  # dvc.lock and metrics are there now, and git does not know them
        dvc(self.theirs, "exp", "run", "-q", "-n", "one", "-S", "train.units=11")
        expq(self.ours, "run", "-n", "one", "-S", "train.units=11")
        for path in ("dvc.lock", "metrics.json", "sub/size.txt", "model.bin", ".gitignore"):
            self.assertEqual(read(self.ours, path), read(self.theirs, path))
        self.assert_clean_for_dvc(self.ours)

    def test_one_target_runs_alone_with_what_it_needs(self):
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one", "prepare")
        expq(self.ours, "run", "--temp", "-n", "one", "prepare")
        self.assert_same_result("one")

    def test_dvc_lists_compares_and_applies_what_expq_ran(self):
        expq(self.ours, "submit", "-S", "train.units=11,12", "-n", "grid")
        expq(self.ours, "run-all", "-j", "2")
        self.assertEqual(git(self.ours, "status", "--porcelain"), "")
        self.assertEqual(set(dvc(self.ours, "exp", "list", "--name-only").stdout.split()), {"grid-1", "grid-2"})
        shown = json.loads(dvc(self.ours, "exp", "show", "--json").stdout)
        data = [e["revs"][0]["data"] for row in shown for e in (row.get("experiments") or [])]
        self.assertEqual(sorted(d["params"]["params.yaml"]["data"]["train"]["units"] for d in data), [11, 12])
        self.assertEqual(sorted(d["metrics"]["metrics.json"]["data"]["acc"] for d in data), [0.11, 0.12])
        different = json.loads(dvc(self.ours, "exp", "diff", "grid-1", "grid-2", "--json").stdout)
        self.assertEqual(different["params"]["params.yaml"]["train.units"], {"old": 11, "new": 12, "diff": 1})
        dvc(self.ours, "exp", "branch", "grid-1", "kept")
        self.assertEqual(git(self.ours, "rev-parse", "kept"), git(self.ours, "rev-parse", self.ref("grid-1")))
        dvc(self.ours, "exp", "apply", "grid-2")
        self.assertIn("units: 12   # hidden", read(self.ours, "params.yaml"))
        self.assertEqual(json.loads(read(self.ours, "metrics.json")), {"acc": 0.12})
        self.assertTrue(os.path.exists(os.path.join(self.ours, "model.bin")))
        self.assert_clean_for_dvc(self.ours)
        self.assert_clean_for_expq(self.ours)
        dvc(self.ours, "exp", "remove", "grid-1")
        names = {e["name"] for e in self.shown(self.ours)}
        self.assertIn("grid-2", names)

    def ref(self, name):
        refs = git(self.ours, "for-each-ref", "--format=%(refname)", "refs/exps").split()
        return next(r for r in refs if r.endswith("/" + name))

    def shown(self, root):
        return json.loads(expq(root, "show", "--json").stdout)["experiments"]

    def test_expq_shows_what_dvc_ran(self):
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "by-dvc", "-S", "train.units=77")
        rows = {e["name"]: e for e in self.shown(self.theirs)}
        self.assertIn("by-dvc", rows)
        self.assertEqual(rows["by-dvc"]["params"]["params.yaml"]["train"]["units"], 77)
        self.assertEqual(rows["by-dvc"]["metrics"]["metrics.json"]["acc"], 0.77)

    def test_a_name_that_dvc_used_is_taken(self):
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one")
        self.assertEqual(expq(self.theirs, "submit", "-n", "one", ok=False).returncode, 4)

    def test_dvc_is_not_asked_to_run_what_an_experiment_ran(self):
        expq(self.ours, "run", "--temp", "-S", "train.units=11")
        write(self.ours, "params.yaml", PARAMS.replace("units: 10", "units: 11"))
        # A plain output that is not cached keeps a stage out of the run cache, also in DVC.
        self.assertEqual(re.findall("Running stage '(.*)'", dvc(self.ours, "repro").stdout), ["report"])

    def test_dvc_works_beside_a_queue(self):
        expq(self.ours, "submit", "-S", "train.units=11")
        self.assertEqual(dvc(self.ours, "exp", "list").stdout, "")
        dvc(self.ours, "exp", "run", "-q", "--temp", "-n", "theirs")
        expq(self.ours, "run-all")
        self.assertEqual(len(dvc(self.ours, "exp", "list", "--name-only").stdout.split()), 2)
        dvc(self.ours, "gc", "-q", "-f", "-w", "--all-experiments")
        dvc(self.ours, "exp", "apply", "theirs")
        self.assert_clean_for_dvc(self.ours)


class Inside(workbench.Case):
    """What a stage finds in the workspace of an experiment."""

    def both(self, *arguments):
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one", *arguments)
        expq(self.ours, "run", "--temp", "-n", "one", *arguments)
        files = []
        for root in (self.theirs, self.ours):
            ref = git(root, "for-each-ref", "--format=%(refname)", "refs/exps/*/*/one").strip()
            names = git(root, "ls-tree", "-r", "--name-only", ref).split()
            files.append({n: git(root, "show", f"{ref}:{n}") for n in names if n != "params.yaml"})
            files[-1]["message"] = git(root, "log", "-1", "--format=%s", ref)
        self.assertEqual(files[1], files[0])

    def after_repro(self, files, **kwargs):
        self.repository(dict(files, **{"params.yaml": "p: 1\n", ".gitignore": "/out\n/end\n/log\n"}), **kwargs)
        for root in (self.theirs, self.ours):
            dvc(root, "repro", "-q")
            git(root, "add", "-A")
            git(root, "commit", "-q", "-m", "lock")

    def test_persistent_outputs_are_there(self):
        self.after_repro({"dvc.yaml": "stages:\n  s:\n    cmd: cat params.yaml >> log; wc -l < log > n\n    params: [p]\n"
                                      "    outs:\n    - log: {persist: true}\n    - n: {cache: false}\n"})
        self.both("-S", "p=2")

    def test_outputs_of_frozen_stages_are_there(self):
        self.after_repro({"in": "1", "dvc.yaml": "stages:\n  s:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n"
                                                 "  t:\n    cmd: cat out params.yaml > end\n    deps: [out]\n    params: [p]\n"
                                                 "    outs: [end]\n"})
        text = read(self.ours, "dvc.yaml").replace("    cmd: cp", "    frozen: true\n    cmd: cp")
        self.change("dvc.yaml", text)
        self.both("-S", "p=2")

    def test_stages_that_always_run_do(self):
        self.after_repro({"dvc.yaml": "stages:\n  s:\n    cmd: cat params.yaml > out\n    params: [p]\n    outs: [out]\n"
                                      "  t:\n    cmd: cp out end\n    deps: [out]\n    outs: [end]\n    always_changed: true\n"
                                      "  u:\n    cmd: echo called > called\n"})
        self.both("-S", "p=1")

    def test_an_untouched_pipeline(self):
        self.after_repro({"dvc.yaml": "stages:\n  s:\n    cmd: cat params.yaml > out\n    params: [p]\n    outs: [out]\n"})
        self.both()

    def test_a_forced_run(self):
        self.after_repro({"dvc.yaml": "stages:\n  s:\n    cmd: cat params.yaml > out\n    params: [p]\n    outs: [out]\n"})
        self.both("-f")


class Environment(workbench.Case):
    def test_stages_see_the_same_variables(self):
        self.repository({"params.yaml": "p: 1\n", "dvc.yaml": """\
stages:
  s:
    cmd: env | grep ^DVC_ | sort > env.txt; umask >> env.txt; echo "$0 $- $#" >> env.txt
    params: [p]
    outs: [env.txt: {cache: false}]
  t@x:
    foreach: [a]
    do:
      cmd: env | grep ^DVC_STAGE > e
      outs: [e: {cache: false}]
""".replace("t@x", "t")})
        places = lambda text: text.replace(self.ours, "ROOT").replace(self.theirs, "ROOT").replace("DVC_NO_ANALYTICS=1\n", "")
        dvc(self.theirs, "repro", "-q")
        expq(self.ours, "repro")
        self.assertEqual(places(read(self.ours, "env.txt")), places(read(self.theirs, "env.txt")))
        self.assertEqual(read(self.ours, "e"), read(self.theirs, "e"))
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one", "-S", "p=2")
        expq(self.ours, "run", "--temp", "-n", "one", "-S", "p=2")
        found = [git(r, "show", git(r, "for-each-ref", "--format=%(refname)", "refs/exps/*/*/one").strip() + ":env.txt")
                 for r in (self.theirs, self.ours)]
        self.assertEqual(places(found[1]), places(found[0]))
        self.assertIn("DVC_EXP_NAME=one", found[1])


class Changes(workbench.Case):
    CHANGES = {
        "nothing": {},
        "a param": {"params.yaml": PARAMS.replace("units: 10", "units: 11")},
        "an equal param": {"params.yaml": PARAMS.replace("units: 10", "units: 10.0")},
        "a param that is not used": {"params.yaml": PARAMS.replace("'a: b'", "other")},
        "a param that is missing": {"params.yaml": PARAMS.replace("units: 10", "unit: 10")},
        "a deleted output": {"model.bin": None},
        "a deleted file of an output": {"data/split/a.txt": None},
        "another file in an output": {"data/split/c.txt": "c"},
        "a command": {"dvc.yaml": STAGES.replace("wc -c", "wc  -c")},
        "a dependency more": {"dvc.yaml": STAGES.replace("    - data/raw.txt\n", "    - data/raw.txt\n    - sub/keep\n")},
        "a dependency less": {"dvc.yaml": STAGES.replace("    deps:\n    - ../model.bin\n", "")},
        "an output that becomes a metric": {"dvc.yaml": STAGES.replace("    outs:\n    - size.txt", "    metrics:\n    - size.txt")},
        "a metric by hand": {"metrics.json": "{}"},
        "an untracked file": {"sub/other": "x"},
        "changed data": {"data/raw.txt": "new\n"},
    }

    def done(self):
        self.repository(FILES, add=["data/raw.txt"])
        dvc(self.theirs, "repro", "-q")

    @workbench.each(**{what.replace(" ", "_"): (files,) for what, files in CHANGES.items()})
    def test_both_notice(self, files):
        root = self.clone_of(self.kept("done", self.done), "case")
        for path, text in files.items():
            if text is None:
                os.remove(os.path.join(root, path))
            else:
                write(root, path, text)
        dirty = set(json.loads(dvc(root, "status", "--json").stdout))
        direct = {s["stage"] for s in self.expq_status(root) if any("upstream" not in reason for reason in s["reasons"])}
        self.assertEqual(direct, dirty)


class Tables(workbench.Case):
    """What scripts read of `exp show --csv`: names, order and values of the columns."""

    FILES = {**FILES, "more.json": '{"acc": 0.5, "nested": {"deep": [1], "x": 1e-07}}', "other/in": "1", "lr": "a file called as a param",
             "sub/own.yaml": "train: {units: 5}\nonly: x\nnothing: null\n", "sub/keys.yaml": "some: {a: 1, b: 2}\nlr: 3\n",
             "vars.yaml": "used: true\nunused: 1\ndeep: {a: 1.5, b: [2, 3]}\nitems: [1]\n",
             "dvc.yaml": STAGES + "  vars: {cmd: 'echo ${deep.a} ${deep.b[1]} ${inline} ${used}'}\n" +
                         "vars: [vars.yaml, inline: 3]\nmetrics: [more.json, gone.json]\nparams: [sub/own.yaml]\n",
             "other/dvc.yaml": "stages:\n  never: {cmd: cat in, deps: [in, later, ../model.bin], params: [../sub/keys.yaml: [some.a]]}\n"}
    OURS = ("State", "Executor")  # in our words

    def csv(self, run, root, *options):
        rows = list(csv.reader(io.StringIO(run(root, "exp", "show", "--csv", *options).stdout)))
        return [dict(zip(rows[0], row)) for row in rows[1:]]

    def assert_same_columns(self, root, *options):
        theirs, ours = self.csv(dvc, root, *options), self.csv(lambda cwd, _, *args: expq(cwd, *args), root, *options)
        for row in theirs + ours:
            for name in self.OURS:
                row.pop(name, None)
        self.assertEqual([list(row.items()) for row in ours], [list(row.items()) for row in theirs])

    def shown(self):
        self.repository(self.FILES, add=["data/raw.txt"])
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one", "-S", "train.units=11")
        write(self.theirs, "sub/own.yaml", "train: {units: 6}\n")
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "two", "-S", "train.units=12")

    @workbench.each(all_of_them=(), changed=("--only-changed",), dropped=("--drop", "train|raw|Created"), kept=("--drop", ".", "--keep", "data|rev"),
                    no_workspace=("--hide-workspace", "--sha"), two_commits=("-n", "2"), rounded=("--precision", "2"))
    def test_the_columns_and_values_are_dvcs(self, *options):
        self.assert_same_columns(self.clone_of(self.kept("shown", self.shown), "case"), *options)

    def history(self):
        self.repository({"params.yaml": "u: 0\n"})
        git(self.theirs, "tag", "-a", "-m", "annotated", "v1")
        for i in range(3):
            write(self.theirs, "params.yaml", f"u: {i + 1}\n")
            git(self.theirs, "commit", "-q", "-a", "-m", "more")
            if i < 2:
                git(self.theirs, *(("branch", "zeta"), ("tag", "v2"))[i])

    @workbench.each(branches=("-a",), tags=("-T",), both=("--all-tags", "--all-branches"), revision=("--rev", "v1"),
                    two=("--rev", "v1", "--rev", "zeta"), parents=("--rev", "v2", "-n", "2"), all_parents=("-n", "-1"), branches_alone=("-a", "-n", "3"))
    def test_the_baselines_are_dvcs(self, *options):
        self.assert_same_columns(self.clone_of(self.kept("history", self.history), "case"), *options)

    def test_dependencies_are_of_each_rows_own_lock(self):
        templated = {**self.FILES, "params.yaml": self.FILES["params.yaml"] + "which: data/split\nmany: [a, b]\n", "a": "a", "b": "b", "c": "c"}
        templated["other/dvc.yaml"] += "  each:\n    foreach: [1]\n    do: {cmd: echo 1, deps: [in]}\n"
        templated["dvc.yaml"] += "\n"
        templated["dvc.yaml"] = templated["dvc.yaml"].replace(
            "stages:\n", "stages:\n  pick: {cmd: 'true', deps: ['${which}']}\n  each: {foreach: '${many}', do: {cmd: 'true', deps: ['${item}']}}\n", 1)
        self.repository(templated, add=["data/raw.txt"])
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one", "-S", "which=lr")
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "two", "-S", "many=[a,c]")
        self.assert_same_columns(self.theirs)
        dvc(self.theirs, "exp", "apply", "-q", "one")
        self.assert_same_columns(self.theirs)

    def test_what_expq_ran_has_what_dvc_shows_of_it(self):
        self.repository(self.FILES, add=["data/raw.txt"])
        expq(self.ours, "run", "--temp", "-n", "one", "-S", "train.units=11")
        self.assert_same_columns(self.ours)

    def test_a_dependency_called_as_a_param_has_a_column_of_its_own(self):
        """DVC makes one column of both, and moves the values behind it."""
        self.repository({"dvc.yaml": "stages:\n  s: {cmd: 'true', deps: [lr, z], params: [lr]}\n", "params.yaml": "lr: 0.5\n", "lr": "1", "z": "2"})
        expq(self.ours, "repro")
        row = self.csv(lambda cwd, _, *args: expq(cwd, *args), self.ours)[0]
        self.assertEqual((row["lr"], row["deps:lr"]), ("0.5", hashlib.md5(b"1").hexdigest()))
