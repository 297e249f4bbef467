"""When a stage runs, what it is run with, and what is restored: the same commands on two copies, then the same bytes."""
import json
import os
import pathlib
import shutil
import stat

import workbench
from workbench import dvc, expq, git, read, write

COPY = "  {0}:\n    cmd: cp {1} {0}; echo {0} >> log\n    deps: [{1}]\n    outs: [{0}]\n".format


def stages(*texts):
    return "stages:\n" + "".join(texts)


class Twins(workbench.Case):
    """Steps that both take; `log` (ignored by git) tells which commands ran."""

    def both(self, step):
        for root in (self.theirs, self.ours):
            step(root)

    def remove(self, *paths):
        def step(root):
            for path in paths:
                full = os.path.join(root, path)
                shutil.rmtree(full) if os.path.isdir(full) and not os.path.islink(full) else os.remove(full)
        self.both(step)

    def ran(self, root):
        log = pathlib.Path(root, "log")
        words = log.read_text().split() if log.exists() else []
        if words:
            log.unlink()
        return words

    def reproduce(self, *args, clean=None, ordered=False, env=None):
        """Both succeed or fail alike, run the same commands, and leave the same files."""
        theirs = dvc(self.theirs, "repro", *args, ok=False, env=env)
        ours = expq(self.ours, "repro", "-j", "1", *args, ok=False, env=env)
        self.assertEqual(ours.returncode == 0, theirs.returncode == 0, theirs.text + ours.text)
        ran = [self.ran(self.ours), self.ran(self.theirs)]
        if not ordered:
            ran = [sorted(words) for words in ran]
        self.assertEqual(*ran, theirs.text + ours.text)
        self.assert_same()
        if clean:
            self.assert_clean_for_dvc(self.ours)
            self.assert_clean_for_expq(self.theirs)
        return ran[0]

    def dirty(self):
        """The names that each program finds changed, on its own copy; they must agree."""
        theirs = json.loads(dvc(self.theirs, "status", "--json").stdout)
        ours = {s["stage"]: s["reasons"] for s in self.expq_status(self.ours) if s["reasons"]}
        # What merely follows a stage that would run is no change for DVC.
        own = {n for n, reasons in ours.items() if any(not r.startswith("upstream stage") for r in reasons)}
        self.assertEqual(own, set(theirs))
        return theirs, ours

    def dvc_words(self, status, name, section):
        return {path: word for part in status[name] if isinstance(part, dict) for path, word in part.get(section, {}).items()}


class Changes(Twins):
    """One stage, one change after the other: does it run?"""

    PARAMS = "a: 1\nb: null\nc: {d: x, e: [1, 2]}\nf: 1.0\ng: true\n"
    STAGE = ("stages:\n  s:\n    cmd: cat in params.yaml > out; echo s >> log\n    deps: [in]\n    params: [a, b, c.d, c.e, f, g]\n"
             "    outs: [out]\n")

    def start(self, more=None, **kwargs):
        self.repository(dict({"in": "1", "params.yaml": self.PARAMS, ".gitignore": "/log\n", "dvc.yaml": self.STAGE}, **(more or {})), **kwargs)
        self.assertEqual(self.reproduce(), ["s"])

    def step(self, params, ran, clean=True):
        self.change("params.yaml", params)
        self.assertEqual(bool(self.dirty()[0]), ran)
        self.assertEqual(bool(self.reproduce(clean=clean)), ran)

    def test_equal_numbers_are_no_change(self):
        self.start()
        for old, new in (("a: 1", "a: 1.0"), ("a: 1", "a: true"), ("f: 1.0", "f: 1"), ("g: true", "g: 1"), ("a: 1", "a: 0x1")):
            with self.subTest(new):
                self.step(self.PARAMS.replace(old, new, 1), False)
        self.step(self.PARAMS.replace("a: 1", "a: '1'"), True)

    def test_a_null_is_a_value_and_a_missing_key_is_none(self):
        self.start()
        self.step(self.PARAMS.replace("b: null", "b:"), False)
        self.step(self.PARAMS.replace("b: null", "b: ~"), False)
        self.step(self.PARAMS.replace("b: null", "b: 0"), True)
        self.step(self.PARAMS.replace("b: null", "b: false"), False)
        self.change("params.yaml", self.PARAMS.replace("b: null\n", ""))
        theirs, ours = self.dirty()
        self.assertEqual(theirs["s"], [{"changed deps": {"params.yaml": {"b": "deleted"}}}])
        self.assertEqual(ours["s"], ["parameter params.yaml:b missing"])
        done = [dvc(self.theirs, "repro", "-q", ok=False), expq(self.ours, "repro", ok=False)]
        self.assertTrue(all(d.returncode for d in done))

    def test_order_counts_in_lists_not_in_maps_and_other_keys_do_not(self):
        self.start()
        self.step(self.PARAMS + "other: 5\n", False)
        self.step(self.PARAMS.replace("d: x, e: [1, 2]", "e: [1, 2], d: x"), False)
        self.step(self.PARAMS.replace("[1, 2]", "[2, 1]"), True)

    def test_keys_that_come_and_go_in_dvc_yaml(self):
        self.start()
        fewer = self.STAGE.replace("[a, b, c.d, c.e, f, g]", "[a, b]")
        self.change("dvc.yaml", fewer)
        self.assertEqual(self.dirty()[0], {})
        self.assertEqual(self.reproduce(), [])
        self.change("dvc.yaml", fewer.replace("[a, b]", "[a, b, c]"))
        theirs, ours = self.dirty()
        self.assertEqual(theirs["s"], [{"changed deps": {"params.yaml": {"c": "new"}}}])
        self.assertEqual(ours["s"], ["parameter params.yaml:c new"])
        self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_a_params_file_that_is_gone(self):
        self.start()
        self.remove("params.yaml")
        self.assertEqual(list(self.dirty()[0]), ["s"])
        done = [dvc(self.theirs, "repro", "-q", ok=False), expq(self.ours, "repro", ok=False)]
        self.assertTrue(all(d.returncode for d in done))

    def test_what_is_no_change_of_a_stage(self):
        self.start({"code/in": "1", "code/params.yaml": self.PARAMS})
        for old, new in (("    outs: [out]\n", "    outs:\n    - out: {desc: d, type: model, push: false}\n"),
                         ("    cmd:", "    desc: said\n    meta: {a: 1}\n    cmd:"),
                         ("    outs: [out]\n", "    plots:\n    - out: {x: a, template: linear}\n"),
                         ("    outs: [out]\n", "    metrics: [out]\n"),
                         ("    outs: [out]\n", "    outs: [out]\n    always_changed: false\n    frozen: false\n")):
            with self.subTest(new):
                self.change("dvc.yaml", self.STAGE.replace(old, new))
                self.assertEqual(self.dirty()[0], {})
                self.assertEqual(self.reproduce(), [])

    def test_a_command_is_compared_as_it_is_written(self):
        self.start()
        for new in ("cmd: cat in params.yaml  > out; echo s >> log", "cmd:\n    - cat in params.yaml > out\n    - echo s >> log",
                    "cmd: |-\n      cat in params.yaml > out\n      echo s >> log"):
            with self.subTest(new):
                self.change("dvc.yaml", self.STAGE.replace("cmd: cat in params.yaml > out; echo s >> log", new))
                theirs, ours = self.dirty()
                self.assertEqual((theirs["s"], ours["s"]), (["changed command"], ["command changed"]))
                self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_outputs_that_come_and_go_in_dvc_yaml(self):
        self.start()
        more = self.STAGE.replace("> out;", "> out; cp out out2;").replace("[out]", "[out, out2]")
        self.change("dvc.yaml", more)
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.change("dvc.yaml", more.replace("[out, out2]", "[out2]"))
        self.dirty()
        self.assertEqual(self.reproduce(), [])

    def test_dependencies_that_come_and_go_in_dvc_yaml(self):
        self.start({"in2": "2"})
        self.change("dvc.yaml", self.STAGE.replace("[in]", "[in, in2]"))
        theirs, ours = self.dirty()
        self.assertEqual(ours["s"], ["dependency in2 new"])  # DVC calls it modified
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.change("dvc.yaml", self.STAGE)
        self.assertEqual(self.dirty()[0], {})
        self.assertEqual(self.reproduce(), [])

    def test_the_words_for_every_change(self):
        self.start({"in2": "2"})
        self.change("dvc.yaml", self.STAGE.replace("[in]", "[in, in2]"))
        self.remove("in", "out")
        theirs, ours = self.dirty()
        self.assertEqual(self.dvc_words(theirs, "s", "changed deps"), {"in": "deleted", "in2": "modified"})
        self.assertEqual(self.dvc_words(theirs, "s", "changed outs"), {"out": "deleted"})
        self.assertEqual(ours["s"], ["dependency in missing", "dependency in2 new", "output out missing"])
        self.change("out", "by hand")
        self.assertEqual(self.dirty()[1]["s"][-1], "output out modified")
        self.remove(".dvc/cache/files")
        self.assertEqual(self.dvc_words(self.dirty()[0], "s", "changed outs"), {"out": "not in cache"})
        self.assertEqual(self.dirty()[1]["s"][-1], "output out not in cache")


class Outputs(Twins):
    """What is done about outputs that are gone, changed, or only in the cache."""

    FILES = {"in": "1", ".gitignore": "/log\n", "dvc.yaml": stages(
        "  s:\n    cmd: cp in out; mkdir -p d/e; cp in d/e/x; cp in m; echo s >> log\n    deps: [in]\n    outs: [out, d]\n"
        "    metrics: [m: {cache: false}]\n")}

    def start(self, files=None, **kwargs):
        self.repository(files or self.FILES, **kwargs)
        self.reproduce()

    def test_gone_outputs_come_back_from_the_cache(self):
        self.start()
        for paths in (["out"], ["d"], ["m"], ["d/e/x"], ["out", "d", "m"]):
            with self.subTest(paths):
                self.remove(*paths)
                self.assertEqual(self.reproduce(clean=True), [])

    def test_also_without_the_run_cache(self):
        self.start()
        for paths in (["out"], ["m"], ["out", "d", "m"]):
            with self.subTest(paths):
                self.remove(*paths)
                self.assertEqual(self.reproduce("--no-run-cache", clean=True), [])

    def test_changed_outputs_are_replaced(self):
        self.start()
        for path in ("out", "d/e/x", "m"):
            with self.subTest(path):
                self.change(path, "by hand")
                self.assertEqual(self.reproduce(clean=True), [])
                self.assertEqual(read(self.ours, path), "1")
        self.change("d/new", "extra")
        self.assertEqual(self.reproduce(clean=True), [])
        self.assertFalse(os.path.exists(os.path.join(self.ours, "d/new")))

    def test_an_output_that_the_cache_lost_is_made_again(self):
        self.start()
        self.remove(".dvc/cache/files")
        self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_the_run_cache_alone_is_enough(self):
        self.start()
        self.remove("dvc.lock", "out", "d", "m")
        self.assertEqual(self.reproduce(clean=True), [])
        self.remove("dvc.lock")
        self.assertEqual(self.reproduce("--no-run-cache", clean=True), ["s"])

    def test_force_runs_and_fills(self):
        self.start()
        self.assertEqual(self.reproduce("-f", clean=True), ["s"])
        self.assertEqual(self.reproduce("--force", "--no-run-cache", clean=True), ["s"])

    def test_no_commit_leaves_the_cache_alone(self):
        self.repository(self.FILES)
        self.assertEqual(self.reproduce("--no-commit"), ["s"])
        self.assertFalse(os.path.exists(os.path.join(self.ours, ".dvc/cache/runs")))
        self.dirty()
        self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_plain_outputs_outside_the_cache_make_a_stage_run_again(self):
        self.start(dict(self.FILES, **{"dvc.yaml": stages(
            "  s:\n    cmd: cp in plain; echo s >> log\n    deps: [in]\n    outs: [plain: {cache: false}]\n")}))
        self.remove("plain")
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.change("in", "2")
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.change("in", "1")
        self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_a_stage_without_dependencies_runs_again(self):
        self.start(dict(self.FILES, **{"dvc.yaml": stages("  s:\n    cmd: echo 1 > out; echo s >> log\n    outs: [out]\n")}))
        self.assertEqual(self.reproduce(), [])
        self.remove("out")
        self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_params_alone_are_dependencies(self):
        self.start(dict(self.FILES, **{"params.yaml": "a: 1\n", "dvc.yaml": stages(
            "  s:\n    cmd: cp params.yaml out; echo s >> log\n    params: [a]\n    outs: [out]\n")}))
        self.remove("out")
        self.assertEqual(self.reproduce(clean=True), [])

    def test_a_persistent_output_is_never_shared(self):
        self.start(dict(self.FILES, **{"dvc.yaml": stages(
            "  s:\n    cmd: cat in >> out; echo s >> log\n    deps: [in]\n    outs: [out: {persist: true}]\n")}))
        self.assertEqual(self.reproduce("-f", clean=True), ["s"])
        self.assertEqual(read(self.ours, "out"), "11")
        self.remove("out")
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.assertEqual(read(self.ours, "out"), "1")

    def test_modes_and_times_are_no_content(self):
        self.start()

        def touch(root):
            os.utime(os.path.join(root, "in"), (1, 1))
            os.chmod(os.path.join(root, "in"), 0o755)
            os.utime(os.path.join(root, "d/e/x"), (1, 1))
            os.makedirs(os.path.join(root, "d/empty"))
        self.both(touch)
        self.assertEqual(self.dirty()[0], {})
        self.assertEqual(self.reproduce(), [])

    def test_an_executable_output_comes_back_executable(self):
        self.start(dict(self.FILES, **{"dvc.yaml": stages(
            "  s:\n    cmd: cp in out; chmod +x out; echo s >> log\n    deps: [in]\n    outs: [out]\n")}))
        self.remove("out")
        self.assertEqual(self.reproduce(clean=True), [])
        self.assertTrue(os.stat(os.path.join(self.ours, "out")).st_mode & stat.S_IXUSR)

    def test_links_among_dependencies(self):
        self.repository({"real": "1", "dir/a": "a", ".gitignore": "/log\n", "dvc.yaml": stages(
            "  s:\n    cmd: cat link d2/a > out; echo s >> log\n    deps: [link, d2]\n    outs: [out]\n")})

        def link(root):
            os.symlink("real", os.path.join(root, "link"))
            os.symlink("dir", os.path.join(root, "d2"))
        self.both(link)
        self.assertEqual(self.reproduce(), ["s"])
        self.change("dir/a", "b")
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.both(lambda root: (os.remove(os.path.join(root, "link")), write(root, "link", "1")))
        self.assertEqual(self.dirty()[0], {})
        self.assertEqual(self.reproduce(), [])

    def test_an_output_that_was_not_made(self):
        self.start(dict(self.FILES, **{"dvc.yaml": stages("  s:\n    cmd: echo s >> log\n    deps: [in]\n    outs: [out]\n")}))
        self.assertFalse(os.path.exists(os.path.join(self.ours, "dvc.lock")))

    def test_empty_outputs(self):
        self.start(dict(self.FILES, **{"dvc.yaml": stages(
            "  s:\n    cmd: touch out; mkdir d; echo s >> log\n    deps: [in]\n    outs: [out, d]\n")}))
        self.remove("out", "d")
        self.assertEqual(self.reproduce(), [])

    def test_linked_outputs_are_freed_before_they_are_written(self):
        for kind in ("hardlink", "symlink"):
            with self.subTest(kind):
                self.start(dict(self.FILES, **{"dvc.yaml": stages(
                    "  s:\n    cmd: cat in >> out; mkdir -p d; cp in d/$(cat in); echo s >> log\n    deps: [in]\n"
                    "    outs: [out: {persist: true}, d: {persist: true}]\n")}), config=[("cache.type", kind)])
                self.change("in", "2")
                self.assertEqual(self.reproduce(clean=True), ["s"])
                self.assertEqual(read(self.ours, "out"), "12")


class Always(Twins):
    def test_a_callback_runs_each_time(self):
        self.repository({".gitignore": "/log\n", "dvc.yaml": stages("  s:\n    cmd: echo s >> log\n")})
        for _ in range(2):
            self.assertEqual(self.reproduce(), ["s"])
        theirs, ours = self.dirty()
        self.assertEqual((theirs["s"], ours["s"]), (["always changed"], ["always runs"]))

    def test_always_changed_runs_each_time_and_is_never_shared(self):
        self.repository({"in": "1", ".gitignore": "/log\n", "dvc.yaml": stages(
            COPY("s", "in") + "    always_changed: true\n", COPY("t", "s"))})
        self.assertEqual(self.reproduce(), ["s", "t"])
        self.assertEqual(self.reproduce(), ["s"])
        self.assertEqual(self.dirty()[0]["s"], ["always changed"])
        self.assertEqual(len(list(pathlib.Path(self.ours, ".dvc/cache/runs").glob("*/*"))), 1)

    def test_a_callback_that_others_follow_in_order(self):
        self.repository({"in": "1", ".gitignore": "/log\n", "dvc.yaml": stages("  s:\n    cmd: echo s >> log\n", COPY("t", "in"))})
        self.assertEqual(self.reproduce(), ["s", "t"])
        self.assertEqual(self.reproduce("t"), [])


class Frozen(Twins):
    FILES = {"in": "1", ".gitignore": "/log\n", "dvc.yaml": stages(COPY("a", "in"), COPY("b", "a"), COPY("c", "b"))}

    def freeze(self, name):
        text = read(self.ours, "dvc.yaml").replace(f"  {name}:\n", f"  {name}:\n    frozen: true\n")
        self.change("dvc.yaml", text)

    def start(self):
        self.repository(self.FILES)
        self.assertEqual(self.reproduce(), ["a", "b", "c"])

    def test_what_is_before_it_is_not_looked_at(self):
        self.start()
        self.freeze("b")
        self.change("in", "2")
        self.assertEqual(self.reproduce("c"), [])
        self.assertEqual(self.reproduce("b"), [])
        self.assertEqual(self.reproduce(), ["a"])
        self.assertEqual(self.reproduce("a", "c"), [])

    def test_a_changed_command_is_recorded_and_not_run(self):
        self.start()
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("cp a b;", "cp  a b;"))
        self.freeze("b")
        self.assertEqual(list(self.dirty()[0]), ["b"])
        self.assertEqual(self.reproduce(clean=True), [])

    def test_a_changed_output_is_taken_as_it_is(self):
        self.start()
        self.freeze("b")
        self.change("b", "by hand")
        self.both(lambda root: shutil.rmtree(os.path.join(root, ".dvc/cache/files")))
        self.dirty()
        theirs, ours = dvc(self.theirs, "repro", "-q", "-s", "b", ok=False), expq(self.ours, "repro", "-s", "b", ok=False)
        self.assertEqual((theirs.returncode, ours.returncode), (0, 0), theirs.text + ours.text)
        self.assertEqual(read(self.ours, "dvc.lock"), read(self.theirs, "dvc.lock"))

    def test_force_does_not_run_it_and_records_what_is_there(self):
        self.start()
        self.freeze("b")
        self.change("in", "2")
        self.assertEqual(self.reproduce("-f", "-s", "b"), [])
        self.assertEqual(self.reproduce("-f"), ["a", "c"])

    def test_never_run_before(self):
        self.repository(dict(self.FILES, **{"a": "by hand", ".gitignore": "/log\n/a\n", "dvc.yaml": stages(COPY("a", "in") + "    frozen: true\n")}))
        self.assertEqual(self.reproduce(clean=True), [])


class Selection(Twins):
    """Which stages a call is about. All start from one repository in which everything is up to date."""

    FILES = {"data": "1", "other": "o", ".gitignore": "/log\n", "dvc.yaml": stages(
        COPY("first", "data"), COPY("mid", "first"), COPY("end", "mid"), COPY("side", "data"), COPY("train-a", "other"),
        COPY("train-b", "train-a"), "  each:\n    foreach: [x, y]\n    do:\n      cmd: cp other e-${item}; echo each-${item} >> log\n"
        "      deps: [other]\n      outs: ['e-${item}']\n"),
        "sub/dvc.yaml": stages("  low:\n    cmd: cp ../mid low; echo low >> ../log\n    deps: [../mid]\n    outs: [low]\n",
                               "  train-c:\n    cmd: cp low t; echo train-c >> ../log\n    deps: [low]\n    outs: [t]\n"),
        "sub/deep/dvc.yaml": stages("  far:\n    cmd: cp ../../other far; echo far >> ../../log\n    deps: [../../other]\n    outs: [far]\n")}

    CALLS = [[], ["-p", "mid"], ["-p", "train-b"], ["-p", "sub/deep/dvc.yaml:far"], ["-p"], ["-P"], ["-P", "mid"],
             ["-R", "sub"], ["-R", "sub/deep"], ["-R", "."], ["-s", "-R", "sub"],
             ["--glob", "train*"], ["--glob", "sub/dvc.yaml:train*"], ["--glob", "*i*"], ["-s", "--glob", "e*"],
             ["each"], ["each@x"], ["-s", "end", "mid"], ["-s", "-p", "end"], ["-s", "-P", "end"],
             ["--downstream", "first"], ["--downstream", "-p", "train-a"], ["--downstream", "data.dvc"], ["data.dvc"],
             ["--downstream", "each@y"], ["-s", "data.dvc"], ["sub/deep/dvc.yaml"], ["mid", "train-a", "mid"],
             ["-f", "-s", "end"], ["-f", "--downstream", "mid"], ["--force-downstream", "train-b", "end"],
             ["-s", "--force-downstream", "mid", "end"], ["no-such-stage"], ["first", "no-such"], ["sub"], ["data"]]

    def test_calls(self):
        self.repository(self.FILES, add=["data"])
        self.reproduce("-P")
        base = self.clone_of(self.ours, "base")
        for arguments in self.CALLS:
            with self.subTest(" ".join(arguments)):
                self.clone_of(base, "theirs"), self.clone_of(base, "ours")
                self.change("data", "2")
                self.change("other", "p")
                self.reproduce(*arguments)

    def test_from_a_folder(self):
        self.repository(self.FILES, add=["data"])
        self.reproduce("-P")
        base = self.clone_of(self.ours, "base")
        for arguments in ([], ["low"], ["../dvc.yaml:mid"], ["-R", "."], ["deep/dvc.yaml"], ["-P"], ["-p"]):
            with self.subTest(" ".join(arguments)):
                self.clone_of(base, "theirs"), self.clone_of(base, "ours")
                self.change("data", "2")
                self.change("other", "p")
                theirs = dvc(os.path.join(self.theirs, "sub"), "repro", "-q", *arguments, ok=False)
                ours = expq(os.path.join(self.ours, "sub"), "repro", *arguments, ok=False)
                self.assertEqual(ours.returncode == 0, theirs.returncode == 0, theirs.text + ours.text)
                self.assertEqual(sorted(self.ran(self.ours)), sorted(self.ran(self.theirs)))
                self.assert_same()


class ForceDownstream(Twins):
    def test_what_follows_a_stage_that_ran_is_forced(self):
        self.repository({"in": "1", "x": "x", ".gitignore": "/log\n", "dvc.yaml": stages(
            "  a:\n    cmd: echo same > a; echo a >> log\n    deps: [in]\n    outs: [a]\n", COPY("b", "a"), COPY("c", "b"), COPY("d", "x"))})
        self.reproduce()
        self.assertEqual(self.reproduce("--force-downstream"), [])
        self.change("in", "2")
        self.assertEqual(self.reproduce("--force-downstream", clean=True), ["a", "b", "c"])
        self.change("in", "3")
        self.assertEqual(self.reproduce(clean=True), ["a"])
        self.change("in", "2")
        self.assertEqual(self.reproduce("--force-downstream", clean=True), ["b", "c"])  # a is restored


class Failures(Twins):
    STAGE = "  {0}:\n    cmd: cp {1} {0}; echo {0} >> log; test {0} != bad\n    deps: [{1}]\n    outs: [{0}]\n".format

    def test_what_still_runs(self):
        self.repository({"data": "1", ".gitignore": "/log\n/good\n/bad\n/after*\n/other*\n", "dvc.yaml": stages(
            self.STAGE("good", "data"), self.STAGE("bad", "good"), self.STAGE("after", "bad"), self.STAGE("after2", "after"),
            self.STAGE("other", "data"))})
        base = self.clone_of(self.ours, "base")
        for arguments in (["after2"], ["-k", "after2", "other"], ["--ignore-errors"], ["-k", "--ignore-errors"], ["-s", "-k", "bad", "other"],
                          ["-s", "-k", "bad", "after"], ["-s", "--ignore-errors", "good", "bad"]):
            with self.subTest(" ".join(arguments)):
                self.clone_of(base, "theirs"), self.clone_of(base, "ours")
                self.reproduce(*arguments)

    def test_every_command_of_a_list_stops_at_the_first_failure(self):
        self.repository({".gitignore": "/log\n", "dvc.yaml": stages(
            "  s:\n    cmd:\n    - echo one >> log\n    - exit 3\n    - echo two >> log\n")})
        self.assertEqual(self.reproduce(), ["one"])

    def test_lines_are_shells_of_their_own(self):
        self.repository({".gitignore": "/log\n", "dvc.yaml": stages(
            "  s:\n    cmd: |\n      A=1; echo one$A >> log\n      echo two$A >> log\n      cd /\n      echo three >> log\n")})
        self.assertEqual(self.reproduce(ordered=True), ["one1", "two", "three"])

    def test_a_missing_dependency(self):
        self.repository({".gitignore": "/log\n", "dvc.yaml": stages(COPY("s", "nowhere"))})
        self.assertEqual(self.reproduce(), [])

    def test_a_missing_folder_to_work_in(self):
        self.repository({".gitignore": "/log\n", "dvc.yaml": stages("  s:\n    cmd: echo 1\n    wdir: nowhere\n")})
        done = [dvc(self.theirs, "repro", "-q", ok=False), expq(self.ours, "repro", ok=False)]
        self.assertTrue(all(d.returncode for d in done), done[0].text + done[1].text)

    def test_a_signal_is_a_failure(self):
        self.repository({".gitignore": "/log\n", "dvc.yaml": stages("  s:\n    cmd: echo s >> log; kill -9 $$\n", )})
        self.assertEqual(self.reproduce(), ["s"])


class Missing(Twins):
    FILES = {"data": "1", ".gitignore": "/log\n", "dvc.yaml": stages(COPY("a", "data"), COPY("b", "a"), COPY("c", "b"))}

    def start(self):
        self.repository(self.FILES, add=["data"])
        self.assertEqual(self.reproduce(), ["a", "b", "c"])

    def test_data_that_is_nowhere_is_no_change(self):
        self.start()
        self.remove("data", "a", "b", "c", ".dvc/cache/files")
        self.assertEqual(self.reproduce("--allow-missing"), [])

    def test_data_that_is_only_in_the_cache(self):
        self.start()
        self.remove("data", "a", "c")
        self.assertEqual(self.reproduce("--allow-missing"), [])

    def test_another_change_still_runs(self):
        self.start()
        self.remove("c", ".dvc/cache/files")
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("cp b c;", "cp  b c;"))
        self.assertEqual(self.reproduce("--allow-missing"), ["c"])

    def test_a_stage_that_has_to_run_on_missing_data_fails(self):
        self.start()
        self.remove("data", "a", "b", "c", ".dvc/cache/files")
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("cp b c;", "cp  b c;"))
        done = [dvc(self.theirs, "repro", "-q", "--allow-missing", ok=False), expq(self.ours, "repro", "--allow-missing", ok=False)]
        self.assertTrue(all(d.returncode for d in done), done[0].text + done[1].text)

    def test_a_lock_from_elsewhere_with_an_older_input(self):
        self.start()
        self.change("data", "2")
        self.assertEqual(self.reproduce("a", clean=False), ["a"])
        self.remove("a", "b", "c")
        self.assertEqual(self.reproduce("--allow-missing", "-k"), [])


class Sources(Twins):
    """Data that `add` tracks, in the way of a `repro`."""

    FILES = {"data": "1", "dir/a": "a", "loose": "l", ".gitignore": "/log\n", "dvc.yaml": stages(
        COPY("s", "data"), "  t:\n    cmd: cat dir/* > t; echo t >> log\n    deps: [dir]\n    outs: [t]\n")}

    def start(self):
        self.repository(self.FILES, add=["data", "dir", "loose"])
        self.reproduce()

    def test_changed_data_is_recorded(self):
        self.start()
        self.change("data", "2")
        self.change("dir/b", "b")
        self.change("loose", "k")
        theirs, ours = self.dirty()
        self.assertEqual(sorted(ours), ["data.dvc", "dir.dvc", "loose.dvc", "s", "t"])
        self.assertEqual(self.reproduce(), ["s", "t"])  # nothing reads `loose`
        self.assertEqual(list(self.dirty()[0]), ["loose.dvc"])
        self.assertEqual(self.reproduce("-P", clean=True), [])

    def test_granular_targets_of_status(self):
        self.start()
        self.change("data", "2")
        self.change("t", "x")
        for target in ("s", "t", "data", "data.dvc", "dir", "loose", "dir/a", "dvc.yaml"):
            with self.subTest(target):
                theirs = json.loads(dvc(self.theirs, "status", "--json", target).stdout)
                ours = {s["stage"] for s in json.loads(expq(self.ours, "status", "--json", target).stdout)["stages"] if s["reasons"]}
                self.assertEqual(ours, set(theirs))
        for arguments in (["-d", "s"], ["-R", "."]):
            with self.subTest(arguments):
                theirs = json.loads(dvc(self.theirs, "status", "--json", *arguments).stdout)
                done = json.loads(expq(self.ours, "status", "--json", *arguments).stdout)["stages"]
                self.assertEqual({s["stage"] for s in done if s["reasons"]}, set(theirs))

    def test_status_tells_by_its_exit_code_when_asked_to_be_quiet(self):
        self.start()
        for expected in (0, 1):
            for program, root in ((dvc, self.theirs), (expq, self.ours)):
                done = program(root, "status", "-q", ok=False)
                self.assertEqual((done.returncode, done.stdout), (expected, ""), done.text)
                self.assertEqual(program(root, "status", ok=False).returncode, 0)
            self.change("data", "2")

    def test_single_stages_leave_the_data_alone(self):
        self.start()
        self.change("data", "2")
        self.assertEqual(self.reproduce("-s", "s"), ["s"])
        self.assertEqual(self.reproduce("--downstream", "s"), [])
        self.assertEqual(self.reproduce("-s", "data.dvc"), [])


class Sharing(Twins):
    """The run cache, both ways, through everything that has a part in its key."""

    DVC_YAML = stages("""\
  s:
    cmd:
    - cat in d/* > out
    - echo '{"m":1}' > m.json; mkdir -p o; cp in o/x; echo s >> log
    deps: [in, d]
    params: [a, other.json: [b.c], whole.toml: null]
    outs: [out, o]
    metrics: [m.json: {cache: false}]
    plots: [p.csv: {cache: false}]
""").replace("cat in d/* > out", "cat in d/* > out; echo x,y > p.csv")
    FILES = {"in": "1", "d/x": "x", "d/y z": "ü", "params.yaml": "a: 1e-05\n", "other.json": '{"b": {"c": [1, null, "é"]}}',
             "whole.toml": "k = 1\n[t]\nl = [1.5, 'x']\n", ".gitignore": "/log\n", "dvc.yaml": DVC_YAML}

    def forget(self, root):
        for path in ("dvc.lock", "out", "m.json", "p.csv"):
            os.remove(os.path.join(root, path))
        shutil.rmtree(os.path.join(root, "o"))
        self.ran(root)

    def test_each_takes_what_the_other_ran(self):
        self.repository(self.FILES)
        self.assertEqual(self.reproduce(clean=True), ["s"])
        before = workbench.whole(self.ours)
        self.both(self.forget)
        expq(self.theirs, "repro"), dvc(self.ours, "repro", "-q")
        self.assertEqual((self.ran(self.theirs), self.ran(self.ours)), ([], []))
        self.assertEqual(workbench.whole(self.ours), before)
        self.assertEqual(workbench.whole(self.theirs), before)

    def test_going_back_and_forth(self):
        self.repository(self.FILES)
        self.reproduce()
        for path, text in (("in", "2"), ("d/new", "n"), ("params.yaml", "a: 2\n"), ("other.json", '{"b": {"c": 1}}'), ("whole.toml", "k = 2\n")):
            with self.subTest(path):
                before = read(self.ours, path) if os.path.exists(os.path.join(self.ours, path)) else None
                self.change(path, text)
                self.assertEqual(self.reproduce(clean=True), ["s"])
                self.remove(path) if before is None else self.change(path, before)
                self.assertEqual(self.reproduce(clean=True), [])

    def test_another_name_or_folder_is_the_same_work(self):
        self.repository({"in": "1", "params.yaml": "a: 1\n", ".gitignore": "/log\n", "sub/in": "1", "dvc.yaml": stages(
            "  one:\n    cmd: cp in out; echo one >> ${log}\n    deps: [in]\n    outs: [out]\n").replace("${log}", "log")})
        self.assertEqual(self.reproduce(), ["one"])
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("  one:", "  two:"))
        self.assertEqual(self.reproduce(clean=True), [])
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("    cmd:", "    wdir: sub\n    cmd:"))
        self.assertEqual(self.reproduce(clean=True), [])


class Pulling(Twins):
    """--pull from a remote that is a folder."""

    FILES = {"data": "1", "dir/a": "a", ".gitignore": "/log\n", "dvc.yaml": stages(
        COPY("a", "data"), COPY("b", "a"), "  c:\n    cmd: mkdir -p c; cp b dir/a c; echo c >> log\n    deps: [b, dir]\n    outs: [c]\n")}

    def start(self):
        self.repository(self.FILES, add=["data", "dir"])
        self.assertEqual(self.reproduce(), ["a", "b", "c"])
        for root in (self.theirs, self.ours):
            dvc(root, "remote", "add", "-q", "-d", "there", os.path.join(self.dir, "remote-" + os.path.basename(root)))
            dvc(root, "push", "-q", "--run-cache")
            os.remove(os.path.join(root, ".dvc/config"))  # the two name different folders
            write(root, ".dvc/config", "[core]\n    analytics = false\n    check_update = false\n    remote = there\n"
                                       "['remote \"there\"']\n    url = ../../remote\n")
        shutil.move(os.path.join(self.dir, "remote-theirs"), os.path.join(self.dir, "remote"))

    def test_everything_comes_back(self):
        self.start()
        self.remove("data", "dir", "a", "b", "c", ".dvc/cache")
        self.assertEqual(self.reproduce("--pull", clean=True), [])
        self.assertEqual(read(self.ours, "c/b"), "1")

    def test_an_earlier_result_comes_from_the_run_cache_there(self):
        self.start()
        before = read(self.ours, "dvc.yaml")
        self.change("dvc.yaml", before.replace("mkdir -p c;", "mkdir  c;"))
        self.assertEqual(self.reproduce(), ["c"])
        self.change("dvc.yaml", before)
        self.remove(".dvc/cache")
        self.assertEqual(self.reproduce("--pull"), [])

    def test_what_must_run_gets_its_data(self):
        self.start()
        self.remove("data", "dir", "a", "b", "c", ".dvc/cache")
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("mkdir -p c;", "mkdir  c;"))
        self.assertEqual(self.reproduce("--pull", clean=True), ["c"])


class LockFiles(Twins):
    """dvc.lock as somebody else has written it."""

    def test_entries_without_a_hash_name_are_dvc_2(self):
        self.repository({"in": "1\n", "d/a": "a", ".gitignore": "/log\n", "dvc.yaml": stages(
            "  s:\n    cmd: cp in out; echo s >> log\n    deps: [in, d]\n    outs: [out: {cache: false}]\n")})
        self.reproduce()
        old = read(self.ours, "dvc.lock").replace("      hash: md5\n", "")
        self.change("dvc.lock", old)
        self.assertEqual(self.dirty()[0], {})
        for program, root in ((dvc, self.theirs), (expq, self.ours)):
            program(root, "repro", "-q")
            self.assertEqual(self.ran(root), [])
        self.assertEqual(read(self.ours, "dvc.lock"), read(self.theirs, "dvc.lock"))

    def test_line_ends_of_dvc_2(self):
        self.repository({"in": "1\r\n2\r\n", "bin": b"\0\r\n\r\n", ".gitignore": "/log\n", "dvc.yaml": stages(
            "  s:\n    cmd: cp in out; echo s >> log\n    deps: [in, bin]\n    outs: [out: {cache: false}]\n")})
        self.reproduce()
        import hashlib
        text = read(self.ours, "dvc.lock").replace("      hash: md5\n", "")
        text = text.replace(hashlib.md5(b"1\r\n2\r\n").hexdigest(), hashlib.md5(b"1\n2\n").hexdigest())
        self.change("dvc.lock", text)
        self.assertEqual(self.dirty()[0], {})
        self.change("bin", b"\0\n\n")
        self.assertEqual(list(self.dirty()[0]), ["s"])

    def test_a_lock_that_is_empty_or_broken(self):
        # An empty one is none for us; DVC refuses it.
        for text in ("schema: '2.0'\n", "schema: '1.0'\n", "a: [\n", "schema: '2.0'\nstages: {}\n"):
            with self.subTest(repr(text)):
                self.repository({"in": "1", ".gitignore": "/log\n", "dvc.yaml": stages(COPY("s", "in")), "dvc.lock": text})
                done = [dvc(self.theirs, "repro", "-q", ok=False), expq(self.ours, "repro", ok=False)]
                self.assertEqual(done[0].returncode == 0, done[1].returncode == 0, done[0].text + done[1].text)

    def test_anchors_for_shared_values(self):
        self.repository({"params.yaml": "a: &x [1, {b: 2}]\nc: *x\nd: &m {e: 1}\nf: *m\ng: &s text\nh: *s\n", "in": "1", ".gitignore": "/log\n",
                         "dvc.yaml": stages("  s:\n    cmd: cp in s; echo s >> log\n    params: [a, c, d, f, g, h]\n    outs: [s]\n",
                                            COPY("t", "in"))})
        self.assertEqual(self.reproduce("-s", "s"), ["s"])
        self.assertEqual(self.reproduce(clean=True), ["t"])


class Environments(Twins):
    def test_what_a_stage_is_told(self):
        self.repository({".gitignore": "/log\n", "sub/dvc.yaml": stages("  low:\n    cmd: echo $DVC_STAGE $PWD > low; echo $DVC_ROOT >> low\n    outs: [low: {cache: false}]\n"),
                         "dvc.yaml": stages("  s:\n    cmd: echo $DVC_STAGE $PWD $GIVEN > s; echo $DVC_ROOT >> s\n    outs: [s: {cache: false}]\n")})
        dvc(self.theirs, "repro", "-q", "-P", env={"GIVEN": "g"}), expq(self.ours, "repro", "-P", env={"GIVEN": "g"})
        for path in ("s", "sub/low"):
            self.assertEqual(read(self.ours, path), read(self.theirs, path).replace(self.theirs, self.ours))

    def test_the_shell_of_the_user(self):
        self.repository({"dvc.yaml": stages("  s:\n    cmd: echo ${BASH_VERSION:+bash} $0 > s\n    outs: [s: {cache: false}]\n".replace("${", "\\${"))})
        for shell in ("/bin/sh", "/bin/bash"):
            with self.subTest(shell):
                self.reproduce("-f", env={"SHELL": shell})


class Graphs(Twins):
    FILES = {"data": "1", "dvc.yaml": stages(COPY("b", "data"), COPY("a", "b"), "  each:\n    foreach: [x, y]\n    do:\n      cmd: echo\n"
                                             "      deps: [a]\n      outs: ['e-${item}', 'f-${item}']\n"),
             "sub/dvc.yaml": stages("  low:\n    cmd: echo\n    deps: [../a]\n    outs: [low]\n")}

    def test_mermaid_is_the_same(self):
        self.repository(self.FILES, add=["data"])
        for arguments in ([], ["-o"], ["a"], ["a", "--full"], ["each@x"], ["b", "-o"], ["data"], ["sub/dvc.yaml:low"], ["e-x"]):
            with self.subTest(" ".join(arguments)):
                for form in ("--mermaid", "--md"):
                    self.assertEqual(expq(self.ours, "dag", form, *arguments).stdout, dvc(self.theirs, "dag", form, *arguments).stdout)

    def test_dot_says_the_same(self):
        self.repository(self.FILES, add=["data"])
        for arguments in ([], ["-o"], ["a"]):
            with self.subTest(" ".join(arguments)):
                ours, theirs = expq(self.ours, "dag", "--dot", *arguments).stdout, dvc(self.theirs, "dag", "--dot", *arguments).stdout
                self.assertEqual(sorted(ours.split("\n")), sorted(theirs.rstrip("\n").split("\n") + [""]))


class Beside(Twins):
    """Both programs at once in one repository."""

    FILES = {"in": "1", ".gitignore": "/log\n", "dvc.yaml": stages(
        "  s:\n    cmd: cp in s; sh hook\n    deps: [in]\n    outs: [s]\n", COPY("t", "in")), "hook": "true\n"}

    def test_dvc_sees_what_our_stage_is_at(self):
        self.repository(self.FILES)
        program = f"{workbench.DVC} repro -s s > seen 2>&1; echo $? >> seen; {workbench.DVC} status t > other 2>&1; echo $? >> other\n"
        write(self.ours, "hook", program)
        expq(self.ours, "repro", "-s", "s")
        self.assertIn("is busy, it is being blocked by", read(self.ours, "seen"))
        self.assertIn("repro -s s", read(self.ours, "seen"))
        self.assertTrue(read(self.ours, "other").endswith("\n0\n"), read(self.ours, "other"))
        self.assert_clean_for_expq_of("s")

    def assert_clean_for_expq_of(self, name):
        self.assertEqual([s for s in self.expq_status(self.ours) if s["stage"] == name and s["reasons"]], [])

    def test_we_see_what_a_stage_of_dvc_is_at(self):
        self.repository(self.FILES)
        program = f"{workbench.EXPQ} repro -s s > seen 2>&1; echo $? >> seen; {workbench.EXPQ} repro -s t > other 2>&1; echo $? >> other\n"
        write(self.theirs, "hook", program)
        dvc(self.theirs, "repro", "-q", "-s", "s")
        self.assertIn("is in use by process", read(self.theirs, "seen"))
        self.assertIn("hint:", read(self.theirs, "seen"))
        self.assertTrue(read(self.theirs, "other").endswith("0\n"), read(self.theirs, "other"))
        self.assertIn("t:\n", read(self.theirs, "dvc.lock"))  # both entries are in it
        self.assertIn("s:\n", read(self.theirs, "dvc.lock"))

    def test_dvc_waits_for_a_repository_that_we_hold(self):
        import fcntl
        self.repository(self.FILES)
        with open(os.path.join(self.ours, ".dvc/tmp/lock"), "a") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            done = expq(self.ours, "repro", ok=False)
            self.assertEqual(done.returncode, 4, done.text)
            self.assertIn("the repository is locked by", done.stderr)
            self.assertEqual(expq(self.ours, "status", ok=False).returncode, 0)  # reading waits for nobody
            self.assertNotEqual(dvc(self.ours, "repro", "-q", ok=False).returncode, 0)
        self.assertEqual(expq(self.ours, "repro").returncode, 0)


class Tracked(Twins):
    def test_an_output_that_git_has(self):
        self.repository({"in": "1", "out": "old", "d/x": "old", ".gitignore": "/log\n", "dvc.yaml": stages(
            "  s:\n    cmd: cp in out; echo s >> log\n    deps: [in]\n    outs: [out]\n", COPY("t", "in"),
            "  u:\n    cmd: mkdir -p d; cp in d/x\n    deps: [in]\n    outs: [d]\n")})
        for name in ("s", "u"):
            done = [dvc(self.theirs, "repro", "-q", name, ok=False), expq(self.ours, "repro", name, ok=False)]
            self.assertTrue(all(d.returncode for d in done), done[0].text + done[1].text)
        self.assertEqual(read(self.ours, "out"), "old")  # DVC has overwritten it by then
        self.both(lambda root: (git(root, "rm", "-q", "-r", "--cached", "out", "d"), self.ran(root)))
        self.assertEqual(self.reproduce("-P", clean=True), ["s", "t"])
