"""The finer print of when a stage runs: how paths and flags are compared, what the run cache gives, what a run leaves."""
import json
import os
import pathlib
import shutil

import workbench
from twins import COPY, Twins, stages
from workbench import dvc, expq, read, write

IGNORED = {".gitignore": "/log\n/n\n"}


class Paths(Twins):
    """Paths and flags are compared as they are written in dvc.yaml and dvc.lock."""

    STAGE = "  s:\n    cmd: cat in > out; mkdir -p d; cp in d/x; echo s >> $PWD/log\n    deps: [in]\n    outs: [out, d]\n"

    def made(self):
        self.repository(dict(IGNORED, **{"in": "1", "in2": "1", "params.yaml": "a: 1\n", "dvc.yaml": stages(self.STAGE)}))
        self.assertEqual(self.reproduce(), ["s"])

    def start(self):
        self.begin("start", self.made)

    def test_another_folder_to_work_in_is_no_change_of_its_own(self):
        self.start()
        self.both(lambda root: [shutil.copytree(os.path.join(root, "d"), os.path.join(root, "code/d"))] +
                  [shutil.copy(os.path.join(root, name), os.path.join(root, "code", name)) for name in ("in", "out")])
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("    cmd:", "    wdir: code\n    cmd:"))
        self.assertEqual(self.dirty()[0], {})
        self.assertEqual(self.reproduce(), [])

    @workbench.each(("[in]", "[./in]"), ("[in]", "[d/../in]"), ("[in]", "[in, in]"), ("outs: [out, d]", "outs: [./out, d]"),
                    ("outs: [out, d]", "outs: [d, out]"), ("deps: [in]", "deps: [in2]"))
    def test_spellings(self, old, new):
        self.start()
        self.change("dvc.yaml", stages(self.STAGE).replace(old, new))
        done = [dvc(self.theirs, "status", ok=False), expq(self.ours, "status", ok=False)]
        self.assertEqual(done[0].returncode == 0, done[1].returncode == 0, done[0].text + done[1].text)
        if done[0].returncode == 0:
            self.dirty()
        self.reproduce()

    @workbench.each(("outs: [out, d]", "outs: [out: {cache: false}, d]"), ("outs: [out, d]", "outs: [out: {persist: true}, d]"),
                    ("outs: [out, d]", "outs: [out: {remote: r}, d]"), ("outs: [out, d]", "metrics: [out]\n    outs: [d]"))
    def test_flags_of_an_output(self, old, new):
        self.start()
        if "remote" in new:
            self.both(lambda root: dvc(root, "remote", "add", "-q", "r", "/nowhere"))
        for text in (stages(self.STAGE).replace(old, new), stages(self.STAGE)):
            self.change("dvc.yaml", text)
            self.dirty()
            self.reproduce()

    def test_an_output_that_was_outside_the_cache(self):
        self.repository(dict(IGNORED, **{"in": "1", "dvc.yaml": stages(self.STAGE.replace("[out, d]", "[out: {cache: false}, d]"))}))
        self.assertEqual(self.reproduce(), ["s"])
        self.change("dvc.yaml", stages(self.STAGE))
        self.dirty()
        self.reproduce(clean=True)

    @workbench.each(["cmd: [{0}]"], ["cmd:\n    - {0}"], ["cmd: '{0}'"], ["cmd: >-\n      {0}"], ["cmd: >\n      {0}"])
    def test_forms_of_one_command(self, form):
        self.start()
        command = "cat in > out; mkdir -p d; cp in d/x; echo s >> $PWD/log"
        self.change("dvc.yaml", stages(self.STAGE).replace("cmd: " + command, form.format(command)))
        self.dirty()
        self.reproduce()

    @workbench.each([0o755], [0o600])
    def test_the_mode_of_an_output_is_no_content(self, mode):
        self.start()
        self.both(lambda root: os.chmod(os.path.join(root, "out"), mode))
        self.assertEqual(self.dirty()[0], {})
        self.assertEqual(self.reproduce(), [])

    @workbench.each("a link to its like", "a link to something else", "a folder", "a broken link")
    def test_an_output_became(self, what):
        self.start()

        def step(root):
            out = os.path.join(root, "out")
            os.remove(out)
            if what == "a folder":
                write(root, "out/x", "1")
            else:
                write(root, "other", "1" if what == "a link to its like" else "2")
                os.symlink("nowhere" if what == "a broken link" else "other", out)
        self.both(step)
        if what != "a broken link":  # DVC has an unexpected error
            self.dirty()
            self.reproduce()
        else:
            self.assertEqual(expq(self.ours, "repro").returncode, 0)
            self.assertEqual(read(self.ours, "out"), "1")

    @workbench.each("a folder", "an empty folder", "a link", "empty")
    def test_a_dependency_became(self, what):
        self.start()

        def step(root):
            path = os.path.join(root, "in")
            os.remove(path)
            if what == "a folder":
                write(root, "in/x", "1")
            elif what == "an empty folder":
                os.mkdir(path)
            elif what == "a link":
                os.symlink("in2", path)
            else:
                write(root, "in", "")
        self.both(step)
        self.change("dvc.yaml", stages(self.STAGE).replace("cat in > out", "ls in > out").replace("cp in d", "cp -rL in d"))
        self.dirty()
        self.reproduce()

    def test_an_ignore_file_changes_what_a_folder_holds(self):
        self.repository(dict(IGNORED, **{"dir/a": "a", "dir/b.tmp": "b", "dvc.yaml": stages(
            "  s:\n    cmd: ls dir > out; echo s >> log\n    deps: [dir]\n    outs: [out]\n")}))
        self.assertEqual(self.reproduce(), ["s"])
        self.change(".dvcignore", "*.tmp\n")
        self.assertEqual(list(self.dirty()[0]), ["s"])
        self.reproduce(clean=True)

    def test_sizes_in_the_lock_are_only_told(self):
        self.start()
        self.change("dvc.lock", read(self.ours, "dvc.lock").replace("size: 1", "size: 7").replace("nfiles: 1", "nfiles: 3"))
        self.assertEqual(self.dirty()[0], {})
        self.assertEqual(self.reproduce(), [])

    def test_a_whole_params_file(self):
        self.repository(dict(IGNORED, **{"params.yaml": "a: 1\n", "p.yaml": "b: {c: 1}\n", "dvc.yaml": stages(
            "  s:\n    cmd: cp p.yaml out; echo s >> log\n    params: [p.yaml: ]\n    outs: [out]\n")}))
        self.assertEqual(self.reproduce(), ["s"])
        for text in ("b: {c: 1}  # said\n", "b: {c: 1}\nd: 2\n", "b: {c: 2}\n", "{}\n", ""):
            with self.subTest(text):
                self.change("p.yaml", text)
                self.dirty()
                self.reproduce()
        self.remove("p.yaml")
        self.dirty()
        done = [dvc(self.theirs, "repro", "-q", ok=False), expq(self.ours, "repro", ok=False)]
        self.assertTrue(all(d.returncode for d in done), done[0].text + done[1].text)

    @workbench.each(("    params: [a]\n",), ("    deps: [in]\n",), ("    deps: [in]\n    params: [a]\n",), ("    outs: [out]\n",),
                    ("    always_changed: true\n    params: [a]\n",))
    def test_a_stage_with_only(self, what):
        self.repository(dict(IGNORED, **{"in": "1", "params.yaml": "a: 1\n", "dvc.yaml": stages(
            "  s:\n    cmd: touch out; echo s >> log\n" + what)}))
        self.assertEqual(self.reproduce(), ["s"])
        self.dirty()
        self.reproduce()
        self.change("params.yaml", "a: 2\n")
        self.dirty()
        self.reproduce()

    def test_frozen_with_an_output_that_is_nowhere(self):
        self.start()
        self.change("dvc.yaml", stages(self.STAGE.replace("  s:\n", "  s:\n    frozen: true\n")))
        self.remove("out", ".dvc/cache/files")
        done = [dvc(self.theirs, "repro", "-q", ok=False), expq(self.ours, "repro", ok=False)]
        self.assertTrue(all(d.returncode for d in done), done[0].text + done[1].text)
        self.assertEqual(read(self.ours, "dvc.lock"), read(self.theirs, "dvc.lock"))


class EarlierResults(Twins):
    """The run cache, where it has more than one answer, or half of one. `n` is read and not declared."""

    STAGE = "  s:\n    cmd: cat in n > out; cp n m; echo s >> log\n    deps: [in]\n    outs: [out]\n    metrics: [m: {cache: false}]\n"

    def start(self, stage=STAGE, files=()):
        self.repository(dict(IGNORED, **{"in": "1", "dvc.yaml": stages(stage)}, **dict(files)))
        self.change("n", "1")
        self.assertEqual(self.reproduce(), ["s"])

    def forget(self, *more):
        self.remove("dvc.lock", "out", *more)

    def values(self, root):
        return sorted(pathlib.Path(root, ".dvc/cache/runs").glob("*/*/*"))

    def test_of_two_results_the_later_counts(self):
        self.start()
        first = [value.name for value in self.values(self.ours)]
        self.change("n", "2")
        self.assertEqual(self.reproduce("-f"), ["s"])
        self.forget("m")
        self.both(lambda root: [os.utime(v, (1, 1)) for v in self.values(root) if v.name in first])
        self.assertEqual(self.reproduce(clean=True), [])
        self.assertEqual(read(self.ours, "out"), "12")
        self.forget("m")
        self.both(lambda root: [os.utime(v, (9e8, 9e8) if v.name in first else (1, 1)) for v in self.values(root)])
        self.assertEqual(self.reproduce(clean=True), [])
        self.assertEqual(read(self.ours, "out"), "11")

    def test_half_a_result_is_none(self):
        self.start()
        objects = {p.name for p in pathlib.Path(self.ours, ".dvc/cache/files/md5").glob("*/*")}
        self.assertEqual(len(objects), 2)
        for name in sorted(objects):
            with self.subTest(name):
                self.forget("m")
                self.both(lambda root: [os.remove(p) for p in pathlib.Path(root, ".dvc/cache/files/md5").glob(f"*/{name}")])
                self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_a_value_that_cannot_be_read(self):
        self.start()
        self.forget("m")
        for root in (self.theirs, self.ours):
            for value in self.values(root):
                os.chmod(value, 0o644)
                value.write_text("cmd: [\n")
        done = [dvc(self.theirs, "repro", "-q", ok=False), expq(self.ours, "repro", ok=False)]
        self.assertEqual(done[1].returncode, 0, done[1].text)
        self.assertEqual(read(self.ours, "out"), "11")

    @workbench.each(["../outside"], ["ABSOLUTE"])
    def test_a_dependency_outside_of_the_repository(self, path):
        write(self.dir, "outside", "o")
        path = path.replace("ABSOLUTE", os.path.join(self.dir, "outside"))
        self.start(self.STAGE.replace("deps: [in]", f"deps: [in, {path}]"))
        self.dirty()
        self.forget("m")
        self.assertEqual(self.reproduce(clean=True), [])
        write(self.dir, "outside", "p")
        self.assertEqual(list(self.dirty()[0]), ["s"])
        self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_outputs_in_another_order_are_the_same_work(self):
        self.start(self.STAGE.replace("outs: [out]", "outs: [out, z]").replace("cp n m;", "cp n m; cp n z;"))
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("[out, z]", "[z, out]"))
        self.forget("m", "z")
        self.assertEqual(self.reproduce(clean=True), [])

    def test_an_output_that_became_a_metric_is_the_same_work(self):
        self.start()
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("metrics: [m: {cache: false}]", "plots: [m]"))
        self.forget("m")
        self.reproduce()

    def test_an_entry_of_dvc_lock_that_fits_needs_no_run_cache(self):
        self.start()
        self.remove("out", ".dvc/cache/runs")
        self.assertEqual(self.reproduce("--no-run-cache", clean=True), [])

    def test_a_later_stage_takes_what_an_earlier_result_gives(self):
        self.repository(dict(IGNORED, **{"in": "1", "dvc.yaml": stages(self.STAGE, COPY("t", "out"))}))
        self.change("n", "1")
        self.assertEqual(self.reproduce(), ["s", "t"])
        self.change("in", "2")
        self.assertEqual(self.reproduce(), ["s", "t"])
        self.change("in", "1")
        self.assertEqual(self.reproduce(clean=True), [])
        self.assertEqual(read(self.ours, "t"), "11")


class Leavings(Twins):
    """What a command finds, and what is kept of what it leaves."""

    def run_once(self, command, more="", files=(), add=()):
        self.repository(dict(IGNORED, **{"in": "1", "dvc.yaml": stages(
            f"  s:\n    cmd: {command}; echo s >> log\n    deps: [in]\n" + more)}, **dict(files)), add=add)
        return self.reproduce()

    def test_outputs_are_gone_before_it_runs(self):
        command = "test ! -e out && test ! -e d && test -e kept && echo 1 > out && mkdir d && cp in d/$(cat in)"
        self.run_once("touch kept; " + command, "    outs: [out, d, kept: {persist: true}]\n")
        self.change("d/extra", "e")
        self.change("in", "2")
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.assertEqual(os.listdir(os.path.join(self.ours, "d")), ["2"])

    def test_folders_of_outputs_are_made(self):
        self.run_once("mkdir -p deep/er; cp in deep/er/out", "    outs: [deep/er/out]\n")
        self.remove("deep")
        self.assertEqual(self.reproduce(clean=True), [])

    def test_a_folder_whose_files_cannot_be_written(self):
        self.run_once("mkdir -p d/e; cp in d/e/x; chmod a-w d/e/x", "    outs: [d]\n")
        self.change("in", "2")
        self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_a_dependency_that_its_command_changes(self):
        self.assertEqual(self.run_once("cat in > out; echo more >> in", "    outs: [out]\n"), ["s"])
        self.assertEqual(self.dirty()[0], {})
        self.assertEqual(self.reproduce(), [])

    def test_data_that_a_command_changes(self):
        self.repository(dict(IGNORED, **{"data": "d", "dvc.yaml": stages(
            "  s:\n    cmd: cat data > out; echo more >> data; echo s >> log\n    deps: [data]\n    outs: [out]\n")}), add=["data"])
        self.assertEqual(self.reproduce(), ["s"])
        self.dirty()
        self.reproduce()

    def test_a_param_that_a_command_changes(self):
        self.run_once("echo a > out; sed -i s/1/2/ params.yaml", "    params: [p]\n    outs: [out]\n", files={"params.yaml": "p: 1\n"})
        self.assertEqual(self.dirty()[0], {})
        self.assertEqual(self.reproduce(), [])

    def test_a_dependency_that_its_command_removes(self):
        self.run_once("cat in > out; rm in", "    outs: [out]\n")
        self.assertFalse(os.path.exists(os.path.join(self.ours, "dvc.lock")))

    def test_an_output_that_is_a_link(self):
        for target in ("in", "../theirs/in"):
            with self.subTest(target):
                self.run_once(f"ln -s {target} out", "    outs: [out]\n")
                self.dirty()

    def test_what_failed_stays_and_is_cleared_by_the_next_run(self):
        self.run_once("echo half > out; test $(cat in) = 2", "    outs: [out]\n")
        self.assertEqual(read(self.ours, "out"), "half\n")
        self.change("in", "2")
        self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_a_stage_that_writes_dvc_yaml(self):
        self.run_once("cp in out; echo '# more' >> dvc.yaml", "    outs: [out]\n")
        self.assertEqual(self.reproduce(), [])


class Between(Twins):
    """What lies between stages: parts of folders, params that a stage makes, frozen stages in the middle."""

    def start(self, *texts, files=(), add=()):
        self.repository(dict(IGNORED, **{"in": "1", "dvc.yaml": stages(*texts)}, **dict(files)), add=add)
        return self.reproduce(ordered=True)

    def test_a_part_of_a_tracked_folder(self):
        self.assertEqual(self.start(COPY("s", "dir/a"), files={"dir/a": "1", "dir/b": "1"}, add=["dir"]), ["s"])
        self.change("dir/b", "2")
        self.assertEqual(self.reproduce(), [])
        self.change("dir/a", "2")
        self.dirty()
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.remove("dir", "s")
        self.assertEqual(self.reproduce("--allow-missing"), [])

    def test_a_part_of_a_folder_that_a_stage_makes(self):
        make = "  a:\n    cmd: mkdir -p d; cp in d/x; echo y > d/y; echo a >> log\n    deps: [in]\n    outs: [d]\n"
        self.assertEqual(self.start(COPY("b", "d/x"), COPY("c", "d/y"), make), ["a", "b", "c"])
        self.change("in", "2")
        self.assertEqual(self.reproduce(clean=True), ["a", "b"])
        self.remove("d", "b", ".dvc/cache/files")
        self.dirty()
        self.reproduce("--allow-missing")

    def test_a_folder_into_which_stages_write(self):
        self.assertEqual(self.start("  b:\n    cmd: ls d > b; echo b >> log\n    deps: [d]\n    outs: [b]\n",
                                    "  a:\n    cmd: cp in d/x; echo a >> log\n    deps: [in]\n    outs: [d/x]\n",
                                    files={"d/keep": "k"}), ["a", "b"])
        self.change("d/more", "m")
        self.assertEqual(self.reproduce(clean=True), ["b"])
        self.change("in", "2")
        self.assertEqual(self.reproduce("b", clean=True), ["a", "b"])

    @workbench.each("outs: [p.yaml]", "metrics: [p.yaml: {cache: false}]")
    def test_params_that_a_stage_makes(self, out):
        self.assertEqual(self.start(
            "  b:\n    cmd: cp p.yaml b; echo b >> log\n    params: [p.yaml: [k]]\n    outs: [b]\n",
            f"  a:\n    cmd: 'echo k: $(cat in) > p.yaml; echo a >> log'\n    deps: [in]\n    {out}\n"), ["a", "b"])
        self.change("in", "2")
        self.assertEqual(self.reproduce(ordered=True, clean=True), ["a", "b"])
        self.change("in", "1")
        self.assertEqual(self.reproduce(clean=True), [])

    FROZEN = (COPY("a", "in"), COPY("b", "a") + "    frozen: true\n", COPY("c", "b"))

    def frozen(self):
        self.start(COPY("a", "in"), COPY("b", "a"), COPY("c", "b"))
        self.change("dvc.yaml", stages(*self.FROZEN))

    @workbench.each(["--downstream", "a"], ["--downstream", "b"], ["-p", "c"], ["-f", "c"], ["-f", "--downstream", "a"],
                    ["--force-downstream"], ["--force-downstream", "-f", "a"], ["-s", "a", "c"], ["--allow-missing"], ["-P", "--force-downstream"])
    def test_a_frozen_stage_in_the_middle(self, *arguments):
        self.begin("frozen", self.frozen)
        self.change("in", "2")
        self.reproduce(*arguments)

    def test_frozen_and_always_changed(self):
        self.begin("frozen", self.frozen)
        self.change("dvc.yaml", stages(COPY("a", "in"), COPY("b", "a") + "    frozen: true\n    always_changed: true\n", COPY("c", "b")))
        self.change("in", "2")
        self.assertEqual(self.reproduce(), ["a"])
        # DVC's status speaks of a stage that its repro leaves alone.
        self.assertEqual(json.loads(dvc(self.theirs, "status", "--json").stdout), {"b": ["always changed"]})
        self.assert_clean_for_expq(self.ours)

    def test_a_frozen_callback(self):
        self.assertEqual(self.start("  s:\n    cmd: echo s >> log\n    frozen: true\n"), [])
        self.assertEqual(self.reproduce("-f"), [])

    def test_a_frozen_stage_that_makes_nothing(self):
        self.assertEqual(self.start("  s:\n    cmd: cat in; echo s >> log\n    deps: [in]\n    frozen: true\n"), [])

    def test_a_failure_before_a_frozen_stage(self):
        self.begin("frozen", self.frozen)
        self.change("dvc.yaml", stages(COPY("a", "in").replace("cp in a", "cp in a; exit 1"), COPY("b", "a") + "    frozen: true\n",
                                       COPY("c", "b").replace("cp b c", "cp  b c")))
        self.reproduce("-k")

    def test_a_dry_run_changes_nothing(self):
        self.begin("frozen", self.frozen)
        self.change("in", "2")
        before = workbench.whole(self.ours)
        for arguments in ([], ["-f"], ["-s", "c"], ["--no-commit"], ["--no-run-cache", "-k"]):
            with self.subTest(" ".join(arguments)):
                self.assertEqual(self.reproduce("--dry", *arguments), [])
                self.assertEqual(workbench.whole(self.ours), before)

    def test_nobody_can_be_asked_without_a_terminal(self):
        self.repository(dict(IGNORED, **{"in": "1", "dvc.yaml": stages(COPY("s", "in"))}))
        self.assertEqual(self.reproduce("-i"), [])
        self.both(lambda root: dvc(root, "config", "core.interactive", "true"))
        self.assertEqual(self.reproduce(), [])
        self.assertFalse(os.path.exists(os.path.join(self.ours, "s")))
