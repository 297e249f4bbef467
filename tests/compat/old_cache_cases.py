"""What DVC 2 left: entries without a `hash`, whose objects lie in folders of their own, in caches and in remotes."""
import hashlib
import os
import pathlib
import re
import shutil

from data_cases import FOLDER, PIPE, Data
from workbench import dvc, each, expq, git, read, tree, write

WINDOWS = "a\r\nb\r\n"  # DVC 2 took the digest of "a\nb\n"


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def make_old(root):
    """As DVC 2 would have left this repository."""
    cache = pathlib.Path(root, ".dvc/cache")
    for folder in (cache / "files/md5").iterdir():
        folder.rename(cache / folder.name)
    shutil.rmtree(cache / "files")
    for path in [*pathlib.Path(root).glob("*.dvc"), pathlib.Path(root, "dvc.lock")]:
        if path.is_file():
            text = re.sub(r"(?m)^ *hash: md5\n", "", path.read_text())
            path.write_text(text.replace(md5(WINDOWS), md5("a\nb\n")))
    old, new = md5(WINDOWS), md5("a\nb\n")
    if (cache / old[:2] / old[2:]).exists():
        (cache / new[:2]).mkdir(exist_ok=True)
        (cache / old[:2] / old[2:]).rename(cache / new[:2] / new[2:])
        if not any((cache / old[:2]).iterdir()):
            (cache / old[:2]).rmdir()


class Dvc2(Data):
    def made(self):
        self.repository({"in": "1", "dvc.yaml": PIPE})
        for root in self.each_root():
            for path, text in {**FOLDER, "file": "f", "dos.txt": WINDOWS}.items():
                write(root, path, text)
            dvc(root, "add", "-q", "data", "file", "dos.txt")
            dvc(root, "repro", "-q")
            make_old(root)
            git(root, "add", "-A")
            git(root, "commit", "-q", "-m", "by DVC 2")

    def assert_same_workspace(self):
        """In the cache expq gives old objects their new names, too."""
        for part in (".", ".store"):
            skip = (".git", ".dvc", ".store") if part == "." else ()
            self.assertEqual(tree(self.ours, part, skip=skip), tree(self.theirs, part, skip=skip))
        ours, theirs = (tree(root, ".dvc/cache", skip=("files",)) for root in (self.ours, self.theirs))
        self.assertEqual(ours, theirs)

    def old(self, *args):
        done = self.both(*args, same=False)
        self.assert_same_workspace()
        self.assert_clean()
        return done

    def test_is_clean(self):
        self.project()
        self.assert_clean_for_expq(self.ours)
        self.old("checkout")
        self.assertEqual(expq(self.ours, "checkout").stdout, "")

    def test_is_put_back(self):
        self.project()
        self.remove("data", "file", "dos.txt", "mid", "out")
        self.old("checkout")
        self.assertEqual(pathlib.Path(self.ours, "dos.txt").read_bytes(), WINDOWS.encode())
        self.assertEqual(expq(self.ours, "checkout").stdout, "")
        self.assert_clean_for_expq(self.ours)

    def test_repro_needs_to_run_nothing(self):
        self.project()
        self.remove("mid", "out")
        dvc(self.theirs, "repro")
        said = expq(self.ours, "repro")
        self.assertNotIn("ran", said.stderr, said.text)
        for root in self.each_root():
            shutil.rmtree(os.path.join(root, ".dvc/cache/runs"), ignore_errors=True)  # DVC says there how old it is
        self.assert_same_workspace()
        self.assert_clean()
        self.assert_clean_for_expq(self.ours)

    @each(all=(), folder=("data",), inside=("data/sub",), stage=("two",))
    def test_goes_to_the_remote_and_back(self, *args):
        self.project()
        self.both("push", *args, same=False)
        self.assert_same_workspace()
        for root in self.each_root():
            shutil.rmtree(os.path.join(root, ".dvc/cache"))
        self.remove("data", "file", "dos.txt", "mid", "out")
        self.both("pull", *args, same=False)
        self.assert_same_workspace()

    def test_repro_pulls_it(self):
        self.project()
        self.both("push", same=False)
        for root in self.each_root():
            shutil.rmtree(os.path.join(root, ".dvc/cache"))
        self.remove("mid", "out")
        said = expq(self.ours, "repro", "--pull")
        self.assertNotIn("ran", said.stderr, said.text)
        self.assertEqual(read(self.ours, "mid"), "1")

    def test_gc_keeps_what_is_used(self):
        self.project()
        for root in self.each_root():
            write(root, ".dvc/cache/" + md5("unused")[:2] + "/" + md5("unused")[2:], "unused")
            dvc(root, "push", "-q")
        self.both("gc", "-f", "-w", "-c", same=False)
        self.assert_same_workspace()

    def test_commit_leaves_what_did_not_change(self):
        self.project()
        self.old("commit")

    @each(add=("add", "data", "file", "dos.txt"), commit=("commit",))
    def test_what_was_lost_is_kept_where_dvc_finds_it(self, *args):
        self.project()
        shutil.rmtree(os.path.join(self.ours, ".dvc/cache"))
        expq(self.ours, *args)
        targets = [] if args == ("commit",) else ["data.dvc", "file.dvc", "dos.txt.dvc"]
        self.assertEqual(dvc(self.ours, "status", "--json", *targets).stdout.strip(), "{}")

    def test_data_that_changed_is_added_as_of_today(self):
        self.project()
        self.change("file", "new")
        self.change("dos.txt", "c\r\n")
        self.old("add", "file", "dos.txt")
