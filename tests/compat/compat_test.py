"""The real DVC and expq do the same thing to two copies of one repository; what is left behind must be the same bytes.

usage: compat_test.py --expq PATH --dvc PATH [unittest arguments]
"""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

EXPQ = DVC = None

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
    - cat data/split/a.txt params.yaml > model.bin
    - sh -c 'printf "{\\"acc\\":0.%s}" $(md5sum < params.yaml | tr -dc 1-9 | cut -c1-4) > metrics.json'
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


def run(cwd, *argv, ok=True, env=None):
    full = dict(os.environ, DVC_NO_ANALYTICS="1", GIT_CONFIG_GLOBAL="/dev/null", SHELL="/bin/sh", **(env or {}))
    done = subprocess.run(argv, cwd=cwd, env=full, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    if ok and done.returncode != 0:
        raise AssertionError(f"{argv} exited {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def write(root, path, text):
    target = pathlib.Path(root, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def tree(root, *parts):
    """Every file below, by relative path: its bytes' MD5 and whether it is executable."""
    base = pathlib.Path(root, *parts)
    return {
        str(p.relative_to(base)): (hashlib.md5(p.read_bytes()).hexdigest(), bool(p.stat().st_mode & 0o100))
        for p in sorted(base.rglob("*"))
        if p.is_file()
    }


class Compat(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="expq-compat-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.theirs = self.make("theirs")
        self.ours = os.path.join(self.dir, "ours")
        shutil.copytree(self.theirs, self.ours, symlinks=True)

    def make(self, name):
        root = os.path.join(self.dir, name)
        os.makedirs(root)
        run(root, "git", "init", "-q", "-b", "main")
        run(root, "git", "config", "user.name", "t")
        run(root, "git", "config", "user.email", "t@localhost")
        run(root, DVC, "init", "-q")
        run(root, DVC, "config", "core.analytics", "false")
        run(root, DVC, "config", "core.check_update", "false")
        write(root, "params.yaml", PARAMS)
        write(root, "dvc.yaml", STAGES)
        write(root, "data/raw.txt", "".join(f"line {i} é\r\n" for i in range(10)))
        write(root, "sub/keep", "")
        run(root, DVC, "add", "-q", "data/raw.txt")
        run(root, "git", "add", "-A")
        run(root, "git", "commit", "-q", "-m", "pipeline")
        return root

    def dvc(self, root, *args, **kwargs):
        return run(root, DVC, *args, **kwargs)

    def expq(self, root, *args, **kwargs):
        return run(root, EXPQ, *args, **kwargs)

    def assert_clean_for_dvc(self, root):
        self.assertEqual(json.loads(self.dvc(root, "status", "--json").stdout), {})

    def assert_clean_for_expq(self, root):
        stages = json.loads(self.expq(root, "status", "--json").stdout)["stages"]
        self.assertEqual([s for s in stages if s["reasons"]], [])

    def test_repro_leaves_the_same_bytes(self):
        self.dvc(self.theirs, "repro", "-q")
        self.expq(self.ours, "repro")
        for path in ("dvc.lock", "metrics.json", "model.bin", "sub/size.txt", ".gitignore", "data/.gitignore"):
            self.assertEqual(pathlib.Path(self.ours, path).read_text(), pathlib.Path(self.theirs, path).read_text(), path)
        self.assertEqual(tree(self.ours, ".dvc/cache/files"), tree(self.theirs, ".dvc/cache/files"))
        self.assertEqual(tree(self.ours, ".dvc/cache/runs"), tree(self.theirs, ".dvc/cache/runs"))
        self.assert_clean_for_dvc(self.ours)
        self.assert_clean_for_expq(self.theirs)

    def test_git_sees_the_same_changes(self):
        self.dvc(self.theirs, "repro", "-q")
        self.expq(self.ours, "repro")
        theirs, ours = (run(r, "git", "status", "--porcelain").stdout for r in (self.theirs, self.ours))
        self.assertEqual(ours, theirs)

    def test_a_stage_that_dvc_ran_is_not_run_again(self):
        self.dvc(self.theirs, "repro", "-q")
        os.remove(os.path.join(self.theirs, "dvc.lock"))
        os.remove(os.path.join(self.theirs, "model.bin"))
        write(self.theirs, "marker", "")
        out = self.expq(self.theirs, "repro").stderr + self.expq(self.theirs, "repro").stdout
        self.assertTrue(os.path.exists(os.path.join(self.theirs, "model.bin")), out)
        self.assert_clean_for_dvc(self.theirs)

    def test_a_stage_that_expq_ran_is_not_run_again_by_dvc(self):
        self.expq(self.ours, "repro")
        os.remove(os.path.join(self.ours, "dvc.lock"))
        os.remove(os.path.join(self.ours, "model.bin"))
        shutil.rmtree(os.path.join(self.ours, "data/split"))
        out = self.dvc(self.ours, "repro").stdout
        self.assertIn("Stage 'prepare' is cached - skipping run", out)
        self.assertIn("Stage 'train' is cached - skipping run", out)

    def test_both_notice_the_same_changes(self):
        self.dvc(self.theirs, "repro", "-q")
        shutil.rmtree(self.ours)
        shutil.copytree(self.theirs, self.ours, symlinks=True)
        changes = {
            "nothing": lambda root: None,
            "a param": lambda root: write(root, "params.yaml", PARAMS.replace("units: 10", "units: 11")),
            "an equal param": lambda root: write(root, "params.yaml", PARAMS.replace("units: 10", "units: 10.0")),
            "another param": lambda root: write(root, "params.yaml", PARAMS.replace("'a: b'", "other")),
            "a deleted output": lambda root: os.remove(os.path.join(root, "model.bin")),
            "a command": lambda root: write(root, "dvc.yaml", STAGES.replace("wc -c", "wc  -c")),
            "a metric by hand": lambda root: write(root, "metrics.json", "{}"),
        }
        for what, change in changes.items():
            with self.subTest(what):
                roots = []
                for side in (self.theirs, self.ours):
                    root = os.path.join(self.dir, "case")
                    shutil.rmtree(root, ignore_errors=True)
                    shutil.copytree(side, root, symlinks=True)
                    change(root)
                    if side == self.theirs:
                        dirty = set(json.loads(self.dvc(root, "status", "--json").stdout))
                    else:
                        stages = json.loads(self.expq(root, "status", "--json").stdout)["stages"]
                        direct = {s["stage"] for s in stages
                                  if any("upstream" not in reason for reason in s["reasons"])}
                    roots.append(root)
                self.assertEqual(direct, dirty)

    def test_dvc_lists_and_applies_what_expq_ran(self):
        self.expq(self.ours, "submit", "-S", "train.units=11,12", "-n", "grid")
        self.expq(self.ours, "run-all", "-j", "2")
        self.assertEqual(run(self.ours, "git", "status", "--porcelain").stdout, "")
        names = set(self.dvc(self.ours, "exp", "list", "--name-only").stdout.split())
        self.assertEqual(names, {"grid-1", "grid-2"})
        shown = json.loads(self.dvc(self.ours, "exp", "show", "--json").stdout)
        params = [e["revs"][0]["data"]["params"]["params.yaml"]["data"]["train"]["units"]
                  for row in shown for e in (row.get("experiments") or [])]
        self.assertEqual(sorted(params), [11, 12])
        self.dvc(self.ours, "exp", "apply", "grid-2")
        self.assertIn("units: 12   # hidden", pathlib.Path(self.ours, "params.yaml").read_text())
        self.assert_clean_for_dvc(self.ours)

    def test_an_experiment_leaves_the_same_tree(self):
        self.dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one", "-S", "train.units=11")
        self.expq(self.ours, "run", "--temp", "-n", "one", "-S", "train.units=11")

        def files(root):
            ref = run(root, "git", "for-each-ref", "--format=%(refname)", "refs/exps").stdout.split()
            ref = next(r for r in ref if r.endswith("/one"))
            names = run(root, "git", "ls-tree", "-r", "--name-only", ref).stdout.split()
            return {n: run(root, "git", "show", f"{ref}:{n}").stdout for n in names}

        theirs, ours = files(self.theirs), files(self.ours)
        # The override is written by splicing: DVC's rewriting of the rest of the file is what we do not want.
        # The metric is made from that file's bytes here, and with it the lock's hashes.
        for name in ("params.yaml", "metrics.json", "dvc.lock", "sub/size.txt"):
            self.assertIn(name, theirs)
            self.assertIn(name, ours)
            theirs.pop(name), ours.pop(name)
        self.assertEqual(ours, theirs)

    def test_expq_shows_what_dvc_ran(self):
        self.dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "by-dvc", "-S", "train.units=77")
        shown = json.loads(self.expq(self.theirs, "show", "--json").stdout)
        rows = {e["name"]: e for e in shown["experiments"]}
        self.assertIn("by-dvc", rows)
        self.assertEqual(rows["by-dvc"]["params"]["params.yaml"]["train"]["units"], 77)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--expq", required=True)
    parser.add_argument("--dvc", required=True)
    options, rest = parser.parse_known_args()
    EXPQ, DVC = os.path.abspath(options.expq), os.path.abspath(options.dvc)
    for program in (EXPQ, DVC):
        if not os.access(program, os.X_OK):
            sys.exit(f"{program} is missing: run tests/compat/setup and build first")
    unittest.main(argv=[sys.argv[0], *rest])
