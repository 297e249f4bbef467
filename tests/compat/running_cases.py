"""How stages run: always or never, what they see, how they fail, and beside the other program."""
import fcntl
import os
import pathlib
import shutil

import workbench
from twins import COPY, Twins, stages
from workbench import dvc, expq, read, write


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

    def made(self):
        self.repository(self.FILES)
        self.assertEqual(self.reproduce(), ["a", "b", "c"])

    def start(self):
        self.begin("start", self.made)

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


class Failures(Twins):
    STAGE = "  {0}:\n    cmd: cp {1} {0}; echo {0} >> log; test {0} != bad\n    deps: [{1}]\n    outs: [{0}]\n".format

    def fails(self):
        self.repository({"data": "1", ".gitignore": "/log\n/good\n/bad\n/after*\n/other*\n", "dvc.yaml": stages(
            self.STAGE("good", "data"), self.STAGE("bad", "good"), self.STAGE("after", "bad"), self.STAGE("after2", "after"),
            self.STAGE("other", "data"))})

    @workbench.each(["after2"], ["-k", "after2", "other"], ["--ignore-errors"], ["-k", "--ignore-errors"], ["-s", "-k", "bad", "other"],
                    ["-s", "-k", "bad", "after"], ["-s", "--ignore-errors", "good", "bad"])
    def test_what_still_runs(self, *arguments):
        self.begin("failing", self.fails)
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
        self.repository(self.FILES)
        with open(os.path.join(self.ours, ".dvc/tmp/lock"), "a") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            done = expq(self.ours, "repro", ok=False)
            self.assertEqual(done.returncode, 4, done.text)
            self.assertIn("the repository is locked by", done.stderr)
            self.assertEqual(expq(self.ours, "status", ok=False).returncode, 0)  # reading waits for nobody
            self.assertNotEqual(dvc(self.ours, "repro", "-q", ok=False).returncode, 0)
        self.assertEqual(expq(self.ours, "repro").returncode, 0)
