"""Which stages a call is about: targets, data beside them, and data that is missing."""
import json
import os

import workbench
from twins import COPY, Twins, stages
from workbench import dvc, expq, read


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

    def up_to_date(self):
        self.repository(self.FILES, add=["data"])
        self.reproduce("-P")

    def outdated(self):
        self.begin("done", self.up_to_date)
        self.change("data", "2")
        self.change("other", "p")

    @workbench.each(*CALLS)
    def test_calls(self, *arguments):
        self.outdated()
        self.reproduce(*arguments)

    @workbench.each([], ["low"], ["../dvc.yaml:mid"], ["-R", "."], ["deep/dvc.yaml"], ["-P"], ["-p"])
    def test_from_a_folder(self, *arguments):
        self.outdated()
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


class Missing(Twins):
    FILES = {"data": "1", ".gitignore": "/log\n", "dvc.yaml": stages(COPY("a", "data"), COPY("b", "a"), COPY("c", "b"))}

    def made(self):
        self.repository(self.FILES, add=["data"])
        self.assertEqual(self.reproduce(), ["a", "b", "c"])

    def start(self):
        self.begin("start", self.made)

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

    def made(self):
        self.repository(self.FILES, add=["data", "dir", "loose"])
        self.reproduce()

    def start(self):
        self.begin("start", self.made)

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
