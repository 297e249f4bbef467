"""`gc` of the cache and of remotes."""
import pathlib
import shutil

from data_cases import FOLDER, Data
from workbench import dvc, each, expq, git, read, tree, write


class Gc(Data):
    def made(self):
        self.all_done(["data", "file"], {**FOLDER, "file": "1"})
        for root in self.each_root():
            git(root, "tag", "first")
        for number, branch in (("2", "other"), ("3", "main"), ("4", "main")):
            for root in self.each_root():
                git(root, "checkout", "-q", *(["-b"] if branch == "other" else []), branch)
                write(root, "file", number)
                write(root, "data/a.txt", number)
                dvc(root, "add", "-q", "file", "data")
                git(root, "commit", "-q", "-a", "-m", number)
        self.change("file", "uncommitted")
        for root in self.each_root():
            dvc(root, "add", "-q", "file")

    @each(workspace=("-w",), branches=("-a",), tags=("-T",), both=("-a", "-T"), commits=("-A",), rev=("--rev", "first"),
          num=("--rev", "main", "--num", "2"), date=("--date", "2000-01-01"), future=("--date", "2100-01-01"),
          dry=("-w", "--dry"))
    def test_keeps(self, *args):
        self.project()
        self.both("gc", "-f", *args)

    def test_in_the_remote(self):
        self.project()
        for root in self.each_root():
            dvc(root, "push", "-q", "-A")
        self.both("gc", "-f", "-w", "--not-in-remote")
        for root in self.each_root():
            dvc(root, "fetch", "-q", "-A")
        self.both("gc", "-f", "-a", "-c")
        self.both("gc", "-f", "-w", "-c", "-r", "store")

    @each(clone=(False, "-c"), manifests=(True, "-c"), cache=(True,))
    def test_what_a_folder_holds_only_the_remote_knows(self, files, *args):
        """Of a fresh clone DVC brings the manifests first; so a folder's files stay."""
        self.project()
        for root in self.each_root():
            dvc(root, "push", "-q", "-A")
            for path in pathlib.Path(root, ".dvc/cache/files/md5").rglob("*"):
                if path.is_file() and (not files or path.suffix == ".dir"):
                    path.unlink()
        self.both("gc", "-f", "-w", *args, same=False)
        self.assertEqual(tree(self.ours, ".store"), tree(self.theirs, ".store"))
        left = [{path for path in tree(root, ".dvc/cache") if not path.endswith(".dir")} for root in self.each_root()]
        self.assertEqual(left[1], left[0])
        expq(self.ours, "pull")
        self.assert_clean()

    def test_a_manifest_that_was_damaged(self):
        """Its folder's files are kept until it is whole again; DVC, which is content with -f, loses them."""
        self.repository({})
        for path, text in FOLDER.items():
            write(self.ours, path, text)
        expq(self.ours, "add", "data")
        manifest = next(pathlib.Path(self.ours, ".dvc/cache/files").rglob("*.dir"))
        manifest.chmod(0o644)
        manifest.write_text("[")
        for _ in range(2):
            self.assertNotEqual(expq(self.ours, "gc", "-f", "-w", ok=False).returncode, 0)
        expq(self.ours, "commit")
        expq(self.ours, "gc", "-f", "-w")
        shutil.rmtree(pathlib.Path(self.ours, "data"))
        expq(self.ours, "checkout")
        self.assertEqual({path: read(self.ours, path) for path in FOLDER}, FOLDER)

    @each(nothing=(), num=("-w", "-n", "2"), both=("-w", "-c", "--not-in-remote"))
    def test_refuses(self, *args):
        self.repository({"x": "1"})
        self.refused("gc", "-f", *args, code=2)
