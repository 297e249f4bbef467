"""What a team that comes from DVC stumbles over in its first week."""
import os
import pathlib
import shutil

import twins
from workbench import dvc, each, expq, git, read, write

STAGE = "stages:\n  a:\n    cmd: mkdir -p {0}; echo x > {1}; echo a >> log\n    outs: [{1}]\n".format


class Team(twins.Twins):
    @each(pattern=("*.tmp\n", "o", "o/x.tmp"), folder=("/scratch/\n", "scratch/deep", "scratch/deep/x"), name=("x\n", "o", "o/x"),
          not_yet=("x/\n", "o", "o/x", True), excepted=("*.tmp\n!x.tmp\n", "o", "o/x.tmp", True))
    def test_an_output_that_dvcignore_leaves_out(self, patterns, folder, out, accepted=False):
        self.repository({".dvcignore": patterns, ".gitignore": "log\n", "dvc.yaml": STAGE(folder, out)})
        theirs, ours = dvc(self.theirs, "repro", ok=False), expq(self.ours, "repro", ok=False)
        self.assertEqual(theirs.returncode == 0, accepted, theirs.text)
        self.assertEqual(ours.returncode, 0 if accepted else 2, ours.text)
        self.assertEqual("is ignored by .dvcignore" in ours.stderr, not accepted)
        self.assert_same()

    @each(hardlink="hardlink", symlink="symlink", copy="copy")
    def test_changed_data_is_linked_again(self, kind):
        """As configured, when repro records it."""
        self.repository({".gitignore": "log\n", "raw": "1\n", "dvc.yaml": twins.stages(twins.COPY("out", "raw"))}, add=["raw"],
                        config=[("cache.type", kind)])
        for root in (self.theirs, self.ours):
            git(root, "clean", "-q", "-f", "-x", "-e", ".dvc", "raw")
        dvc(self.ours, "checkout", "-q", "raw"), dvc(self.theirs, "checkout", "-q", "raw")
        for root in (self.theirs, self.ours):
            dvc(root, "unprotect", "raw")
            write(root, "raw", "2\n")
        self.reproduce(clean=True)
        links = [(path.is_symlink(), oct(path.stat().st_mode), path.stat().st_nlink)
                 for path in (pathlib.Path(root, "raw") for root in (self.theirs, self.ours))]
        self.assertEqual(*links)

    @each(yaml="dvc.yaml", lock="dvc.lock", params="params.yaml", data="raw.dvc")
    def test_a_merge_conflict(self, path):
        self.repository({"raw": "1\n", "params.yaml": "n: one\n", "dvc.yaml": "stages:\n  a:\n    cmd: cp raw ${n}\n    deps: [raw]\n"
                         "    outs: ['${n}']\n"}, add=["raw"])
        for root in (self.theirs, self.ours):
            dvc(root, "repro", "-q")
            first, *rest = read(root, path).splitlines(keepends=True)
            write(root, path, "".join(["<<<<<<< HEAD\n", first, "=======\n", first, ">>>>>>> other\n", *rest]))
        self.assertNotEqual(dvc(self.theirs, "repro", ok=False).returncode, 0)
        ours = expq(self.ours, "repro", ok=False)
        self.assertEqual(ours.returncode, 2)
        self.assertIn(f"{path}:1:1: a merge conflict begins here", ours.stderr)
        self.assert_same()

    def test_what_comes_from_another_remote_is_pulled(self):
        """An output and a data file that say `remote: other`; `repro --pull` in a fresh clone."""
        self.repository({".gitignore": "log\n.main\n.other\n", "raw": "1\n", "far": "2\n", "params.yaml": "n: 1\n",
                         "dvc.yaml": "stages:\n  a:\n    cmd: cp far a; echo a >> log\n    deps: [far]\n    outs: [a: {remote: other}]\n"
                         "  b:\n    cmd: cat raw a > b; echo b >> log\n    deps: [raw, a]\n    params: [n]\n    outs: [b]\n"},
                        add=["raw", "far"], config=[("core.remote", "main"), ("remote.main.url", ".main"), ("remote.other.url", ".other")])
        for root in (self.theirs, self.ours):
            write(root, "far.dvc", read(root, "far.dvc") + "  remote: other\n")
            dvc(root, "repro", "-q")
            dvc(root, "push", "-q")
        self.assertEqual(self.ran(self.ours), self.ran(self.theirs))
        self.remove(".dvc/cache", "raw", "far", "a", "b")
        self.change("params.yaml", "n: 2\n")
        self.reproduce("--pull", clean=True)
        self.remove(".dvc/cache", "raw", "far", "a", "b", "dvc.lock")
        self.reproduce("--pull", clean=True)

    def test_nothing_to_pull_from(self):
        """No remote: what is here must do."""
        self.repository({".gitignore": "log\n", "in": "1\n", "dvc.yaml": twins.stages(twins.COPY("out", "in"))})
        self.assertEqual(self.reproduce("--pull", clean=True), ["out"])
        self.assertEqual(self.reproduce("--pull", clean=True), [])


class Verifying(twins.Twins):
    """In CI, where the data is not: is everything up to date (`--allow-missing`), and if not, run it (and `--pull`)."""

    FILES = {".gitignore": "log\n.main\n", "data/a": "1\n", "raw": "r\n", "unused": "u\n", "params.yaml": "n: 1\n",
             "dvc.yaml": "stages:\n  a:\n    cmd: cp -r data out; echo a >> log\n    deps: [data]\n    outs: [out]\n"
                         "  b:\n    cmd: cat out/a raw data/a > b; echo b >> log\n    deps: [out/a, raw, data/a]\n    params: [n]\n    outs: [b]\n"
                         "  c:\n    cmd: cp unused c; echo c >> log\n    deps: [unused]\n    outs: [c]\n"}

    def made(self):
        self.repository(self.FILES, add=["data", "raw", "unused"], config=[("core.remote", "main"), ("remote.main.url", ".main")])
        self.reproduce()
        for root in (self.theirs, self.ours):
            dvc(root, "push", "-q", "--run-cache")

    def start(self):
        self.begin("start", self.made)

    def lose(self):
        self.remove(".dvc/cache", "out", "b", "c", "data", "raw", "unused")

    def colleague(self, path):
        """Changes data and sends it, but not the results."""
        for root in (self.theirs, self.ours):
            with open(os.path.join(root, path), "a") as file:
                file.write("new\n")
            dvc(root, "add", "-q", path.split("/")[0])
            dvc(root, "push", "-q")
        self.lose()

    def planned(self):
        """Where DVC would run something it trips over what is missing."""
        theirs = dvc(self.theirs, "repro", "--allow-missing", "--dry", ok=False)
        ours = expq(self.ours, "repro", "--allow-missing", "--dry")
        self.assertEqual(ours.stdout == "", theirs.returncode == 0, theirs.text + ours.text)
        return ours.stdout

    def test_nothing_changed(self):
        self.start()
        self.lose()
        self.assertEqual(self.planned(), "")
        self.assertEqual(self.reproduce("--allow-missing"), [])
        self.assertEqual(self.reproduce("--allow-missing", "--pull"), [])

    @each(file=("raw", ["b"]), folder=("data/a", ["a", "b"]), other=("unused", ["c"]))
    def test_data_changed(self, path, ran):
        """That only runs what depends on it, and only gets what that needs."""
        self.start()
        self.colleague(path)
        self.assertIn(f"would run {ran[0]}: dependency", self.planned())
        self.assertEqual(self.reproduce("--allow-missing"), [])  # and fails
        self.assertEqual(self.reproduce("--allow-missing", "--pull"), ran)

    def test_a_param_changed(self):
        self.start()
        self.lose()
        self.change("params.yaml", "n: 2\n")
        self.assertEqual(self.planned(), "would run b: parameter params.yaml:n modified\n")
        self.assertEqual(self.reproduce("--allow-missing", "--pull"), ["b"])
        self.assertFalse(os.path.exists(os.path.join(self.ours, "unused")))

    def test_dvc_lock_is_gone(self):
        self.start()
        self.lose()
        self.remove("dvc.lock")
        self.assertNotEqual(self.planned(), "")
        self.assertEqual(self.reproduce("--allow-missing", "--pull"), [])  # from the run cache
        self.assertTrue(os.path.exists(os.path.join(self.ours, "b")))


class Monorepo(twins.Twins):
    def test_above_the_repositories_there_is_none(self):
        """`status -q` must not tell a script that all is well."""
        self.repository({"proj/.keep": "", "other/.keep": ""})
        for root in (self.theirs, self.ours):
            git(root, "rm", "-r", "-q", ".dvc", ".dvcignore")
            shutil.rmtree(os.path.join(root, ".dvc"))
            for project in ("proj", "other"):
                dvc(os.path.join(root, project), "init", "-q", "--subdir")
                write(root, f"{project}/dvc.yaml", "stages:\n  a: {cmd: echo x > a, outs: [a]}\n")
        shown = [dvc(self.theirs, "status", "-q", ok=False), expq(self.ours, "status", "-q", ok=False)]
        self.assertTrue(all(done.returncode not in (0, 1) for done in shown), shown[0].text + shown[1].text)
        for project in ("proj", "other"):
            dvc(os.path.join(self.theirs, project), "repro", "-q")
            expq(os.path.join(self.ours, project), "repro")
            self.assert_clean_for_dvc(os.path.join(self.ours, project))
            self.assertEqual(read(self.ours, f"{project}/dvc.lock"), read(self.theirs, f"{project}/dvc.lock"))
