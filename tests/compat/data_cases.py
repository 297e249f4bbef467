"""Commands about data: add, checkout, commit, push, pull, fetch, gc and unprotect leave the same bytes as DVC's."""
import hashlib
import os
import pathlib
import shutil
import stat

import workbench
from workbench import dvc, each, expq, git, read, tree, write

CONFIG = "[core]\n    analytics = false\n    check_update = false\n"
# Not in git: of an old commit's configuration DVC takes a relative path from the root of the file system.
REMOTE = "[core]\n    remote = store\n['remote \"store\"']\n    url = ../.store\n"
FOLDER = {"data/a.txt": "a", "data/sub/b.txt": "b", "data/sub/c d.txt": "c", "data/é.txt": "é", "data/empty": ""}
PIPE = """\
stages:
  one:
    cmd: cat in > mid
    deps: [in]
    outs: [mid]
  two:
    cmd: mkdir -p out; cp mid out/a; echo 2 > out/b; echo '{}' > m.json
    deps: [mid]
    outs: [out]
    metrics:
    - m.json: {cache: false}
"""


def links(root, *parts):
    """Of every file: its kind of link, its permission bits, and whether it has other names."""
    found = {}
    for path in sorted(pathlib.Path(root, *parts).rglob("*")):
        info = path.lstat()
        if stat.S_ISDIR(info.st_mode) or ".git/" in str(path) or "/.dvc/tmp/" in str(path):
            continue
        kind = "link" if stat.S_ISLNK(info.st_mode) else "file"
        found[str(path.relative_to(root))] = (kind, oct(info.st_mode & 0o777), info.st_nlink > 1)
    return found


class Data(workbench.Case):
    def repository(self, files, **kwargs):
        super().repository({".dvc/config": CONFIG, ".dvc/config.local": REMOTE, ".gitignore": "/.store\n", **files}, **kwargs)

    def all_done(self, paths, files, commit=True, executable=()):
        """PIPE has run, `paths` are tracked by .dvc files, and git has all of it."""
        self.repository({"in": "1", "dvc.yaml": PIPE, **files})
        for root in self.each_root():
            for path in executable:
                os.chmod(os.path.join(root, path), 0o755)
            git(root, "rm", "-q", "-r", "--cached", *paths)
            dvc(root, "add", "-q", *paths)
            dvc(root, "repro", "-q")
            if commit:
                git(root, "add", "-A")
                git(root, "commit", "-q", "-m", "data")

    def project(self):
        """What the class has `made`, once."""
        self.begin("project", self.made)

    def both(self, *args, cwd=".", same=True):
        """The same command by both, on each its own copy; one's success must be the other's."""
        theirs = dvc(os.path.join(self.theirs, cwd), *args, ok=False)
        ours = expq(os.path.join(self.ours, cwd), *args, ok=False)
        self.assertEqual(theirs.returncode == 0, ours.returncode == 0, f"{theirs.text}\n{ours.text}")
        if same:
            self.assert_same()
        return theirs, ours

    def refused(self, *args, code, cwd="."):
        theirs, ours = self.both(*args, cwd=cwd)
        self.assertNotEqual(theirs.returncode, 0)
        self.assertEqual(ours.returncode, code, ours.text)
        self.assertEqual(len([l for l in ours.stderr.splitlines() if l.startswith("expq: error: ")]), 1, ours.text)
        return ours

    def each_root(self):
        return (self.theirs, self.ours)

    def remove(self, *paths):
        for root in self.each_root():
            for path in paths:
                target = pathlib.Path(root, path)
                shutil.rmtree(target) if target.is_dir() and not target.is_symlink() else target.unlink()

    def use_links(self, kind):
        for root in self.each_root():
            write(root, ".dvc/config", read(root, ".dvc/config") + f"[cache]\n    type = {kind}\n")

    def assert_clean(self):
        """DVC finds nothing to do in what expq has left."""
        self.assertIn("up to date", dvc(self.ours, "status").stdout)


class Add(Data):
    def test_a_file(self):
        self.repository({"data.csv": "a,b\r\n1,2\r\n"})
        self.both("add", "data.csv")
        self.assert_clean()

    def test_a_folder(self):
        self.repository(FOLDER)
        self.both("add", "data")
        self.assert_clean()

    def repository(self, files, **kwargs):
        super().repository({}, **kwargs)
        for root in self.each_root():
            for path, text in files.items():
                write(root, path, text)

    def test_several_and_an_executable_and_an_empty_one(self):
        self.repository({"a": "a", "sub/b.bin": b"\0\1", "sub/empty": "", "tool.sh": "#!/bin/sh\n"})
        for root in self.each_root():
            os.chmod(os.path.join(root, "tool.sh"), 0o755)
        self.both("add", "a", "sub/b.bin", "sub/empty", "tool.sh")
        self.assert_clean()

    def test_from_a_folder_below(self):
        self.repository({"sub/deep/x": "x", "sub/y": "y"})
        self.both("add", "y", "deep/x", cwd="sub")
        self.assert_clean()

    @each(odd="a b#c!.txt", colon="a: b", quote="it's", star="x[1].txt", number="123", unicode="日本 é")
    def test_a_name(self, name):
        self.repository({name: "1"})
        self.both("add", name)
        self.assert_clean()

    def test_a_changed_one_again(self):
        self.repository({"data.csv": "1", **FOLDER})
        self.both("add", "data.csv", "data")
        self.change("data.csv", "2")
        self.change("data/sub/b.txt", "changed")
        self.change("data/new.txt", "new")
        self.remove("data/a.txt")
        self.both("add", "data.csv", "data")
        self.assert_clean()

    def test_what_people_wrote_stays(self):
        self.repository({"data.csv": "1"})
        self.both("add", "data.csv")
        for root in self.each_root():
            text = read(root, "data.csv.dvc")
            write(root, "data.csv.dvc", "# about this\n" + text + "  desc: the data  # ours\n  remote: store\n  push: false\n"
                  "  labels:\n  - x\nmeta:\n  who: me\n")
        self.change("data.csv", "2")
        self.both("add", "data.csv")

    def test_a_file_that_became_a_folder_and_back(self):
        self.repository({"data": "1"})
        self.both("add", "data")
        self.remove("data")
        self.change("data/x", "x")
        self.both("add", "data")
        self.remove("data")
        self.change("data", "3")
        self.both("add", "data")
        self.assert_clean()

    def test_one_that_became_executable(self):
        self.repository({"tool": "1"})
        self.both("add", "tool")
        for root in self.each_root():
            os.chmod(os.path.join(root, "tool"), 0o755)
        self.change("tool", "2")
        self.both("add", "tool")

    def test_no_commit_and_commit(self):
        self.repository({"data.csv": "1", **FOLDER})
        self.both("add", "--no-commit", "data.csv", "data")
        self.both("commit")
        self.assert_clean()

    def test_patterns(self):
        self.repository({"a.csv": "1", "b.csv": "2", "c.txt": "3", "sub/d.csv": "4", ".hidden.csv": "5"})
        self.both("add", "--glob", "*.csv", "**/*.csv")

    def test_parts_of_a_tracked_folder(self):
        self.repository(FOLDER)
        self.both("add", "data")
        self.change("data/a.txt", "changed")
        self.change("data/sub/b.txt", "changed too")
        self.both("add", "data/a.txt", "data/sub", same=False)  # DVC keeps manifests of the way there, too
        self.assertEqual(read(self.ours, "data.dvc"), read(self.theirs, "data.dvc"))
        self.assert_clean()

    def test_part_of_a_tracked_folder(self):
        self.repository(FOLDER)
        self.both("add", "data")
        self.change("data/new/x.txt", "new")
        self.both("add", "data/new/x.txt")
        self.change("data/sub/b.txt", "changed")
        self.both("add", "data/sub")
        self.remove("data/a.txt")
        self.both("add", "data/a.txt")
        self.assert_clean()

    def test_out(self):
        self.repository({})
        write(self.dir, "elsewhere/x.bin", "far")
        for name in ("one", "sub/"):
            for root in self.each_root():
                os.makedirs(os.path.join(root, "sub"), exist_ok=True)
            self.both("add", os.path.join(self.dir, "elsewhere/x.bin"), "--out", name, same=False)
        for left in pathlib.Path(self.theirs, ".dvc/cache").rglob("*.tmp"):
            left.unlink()  # DVC's own
        self.assert_same()
        self.assert_clean()

    @each("hardlink", "symlink", "copy", "reflink,hardlink,copy")
    def test_links(self, kind):
        self.repository({"file": "1", **FOLDER})
        self.use_links(kind)
        self.both("add", "file", "data")
        for path in ("file", "data"):
            ours, theirs = links(self.ours, path), links(self.theirs, path)
            self.assertEqual({p: v[0] for p, v in ours.items()}, {p: v[0] for p, v in theirs.items()})
        self.assertEqual(links(self.ours, "file"), links(self.theirs, "file"))
        self.assert_clean()

    def test_a_link_to_a_file(self):
        self.repository({"there/x": "1"})
        for root in self.each_root():
            os.symlink("there/x", os.path.join(root, "link"))
        self.both("add", "link")
        self.assertEqual(os.path.islink(os.path.join(self.ours, "link")), os.path.islink(os.path.join(self.theirs, "link")))

    def test_behind_a_link_to_a_folder(self):
        self.repository({"there/x": "1"})
        for root in self.each_root():
            os.symlink("there", os.path.join(root, "link"))
        self.refused("add", "link/x", code=2)
        self.refused("add", "link", code=2)

    def test_what_git_tracks(self):
        self.repository({"x": "1", "d/y": "2"})
        for root in self.each_root():
            git(root, "add", "x", "d/y")
        self.refused("add", "x", code=4)
        self.refused("add", "d", code=4)

    def test_outputs_of_stages(self):
        self.repository({"in": "1", "dvc.yaml": PIPE})
        for root in self.each_root():
            dvc(root, "repro", "-q")
        self.refused("add", "mid", code=4)
        self.refused("add", "out/a", code=4)

    def test_overlaps(self):
        self.repository(FOLDER)
        self.both("add", "data/sub")
        self.refused("add", "data", code=4)

    @each(missing=("nothing", 3), own=("dvc.yaml", 2), git=(".git/HEAD", 2), ignored=("x.skip", 4), dvcfile=("x.dvc", 2))
    def test_refuses(self, path, code):
        self.repository({"dvc.yaml": PIPE, "x.skip": "1", ".dvcignore": "*.skip\n", "x.dvc": "outs: []\n"})
        if code == 2 and path == ".git/HEAD":
            self.assertEqual(expq(self.ours, "add", path, ok=False).returncode, 2)  # DVC adds it
            return
        self.refused("add", path, code=code)

    def test_dvcignore_in_a_folder(self):
        self.repository({**FOLDER, "data/x.tmp": "t", ".dvcignore": "*.tmp\n"})
        self.both("add", "data")
        self.assert_clean()

    def test_autostage(self):
        self.repository({"sub/x": "1"})
        for root in self.each_root():
            write(root, ".dvc/config", read(root, ".dvc/config").replace("[core]\n", "[core]\n    autostage = true\n"))
        self.both("add", "sub/x")
        self.assertEqual(git(self.ours, "diff", "--cached", "--name-only"), git(self.theirs, "diff", "--cached", "--name-only"))


class Checkout(Data):
    def made(self):
        self.all_done(["data", "file", "tool"], {**FOLDER, "file": "f", "tool": "#!/bin/sh\n"}, executable=["tool"])

    def lines(self, done):
        return [line.split(maxsplit=1) for line in done.stdout.splitlines() if line[:1] in "MAD" and line[1:2].isspace()]

    def check(self, *args, cwd="."):
        theirs, ours = self.both("checkout", *args, cwd=cwd)
        self.assertEqual(self.lines(ours), self.lines(theirs))
        return theirs, ours

    def test_everything_again(self):
        self.project()
        self.remove("data", "file", "tool", "mid", "out")
        self.check()
        self.assert_clean()
        self.check()

    def test_what_changed(self):
        self.project()
        self.remove("data/a.txt")
        self.change("file", "b")  # a content that the cache has
        self.change("data/sub/b.txt", "a")
        self.change("mid", "a")
        self.check()
        self.assert_clean()

    def test_nothing_is_lost_without_force(self):
        self.project()
        self.change("data/mine.txt", "mine")
        self.change("file", "mine too")
        self.refused("checkout", code=4)
        self.check("--force")
        self.assert_clean()

    @each(file=("file",), folder=("data",), inside=("data/sub",), one=("data/sub/b.txt",), stage=("two",),
          dvcfile=("file.dvc",), yaml=("dvc.yaml",), deps=("-d", "two"), several=("file", "data/a.txt"))
    def test_targets(self, *targets):
        self.project()
        self.remove("data", "file", "tool", "mid", "out")
        self.check(*targets)

    def test_recursive(self):
        self.repository({"sub/x": "x", "sub/deep/y": "y", "z": "z"})
        for root in self.each_root():
            git(root, "rm", "-q", "-r", "--cached", "sub", "z")
            dvc(root, "add", "-q", "sub/x", "sub/deep/y", "z")
        self.remove("sub/x", "sub/deep/y", "z")
        self.both("checkout", "-R", "sub")  # of these DVC prints nothing
        self.refused("checkout", "sub", code=3)
        self.check("deep/y", "../z", cwd="sub")

    def test_missing_objects(self):
        self.project()
        for root in self.each_root():
            shutil.rmtree(os.path.join(root, ".dvc/cache/files"))
            os.remove(os.path.join(root, "file"))
        self.both("checkout", "file", same=False)
        self.both("checkout", "--allow-missing", "file", same=False)

    def test_a_stage_that_never_ran(self):
        self.repository({"in": "1", "dvc.yaml": PIPE})
        self.both("checkout")
        self.both("checkout", "--allow-missing")

    @each("hardlink", "symlink", "copy")
    def test_relink(self, kind):
        self.project()
        self.remove("tool", "tool.dvc")  # an executable's mode is the object's own: DVC changes that, we make a copy
        self.use_links(kind)
        self.both("checkout", "--relink")
        for path in ("file", "data", "out"):
            self.assertEqual({p: v[0] for p, v in links(self.ours, path).items()},
                             {p: v[0] for p, v in links(self.theirs, path).items()})
        self.assertEqual(links(self.ours, "file"), links(self.theirs, "file"))
        self.assert_clean()
        self.both("unprotect", "file", "data")
        self.assertEqual(links(self.ours, "file"), links(self.theirs, "file"))

    def test_another_branch(self):
        self.project()
        for root in self.each_root():
            git(root, "checkout", "-q", "-b", "other")
            dvc(root, "remove", "-q", "--outs", "file.dvc")
            git(root, "add", "-A")
            git(root, "commit", "-q", "-m", "without")
            git(root, "checkout", "-q", "main")
        self.check()
        self.remove("file")
        self.check()
        for root in self.each_root():
            git(root, "checkout", "-q", "other")
        self.check()
        self.assertFalse(os.path.exists(os.path.join(self.ours, "file")))

    def test_outputs_that_only_repro_made(self):
        self.repository({"in": "1"})
        for root in self.each_root():
            git(root, "checkout", "-q", "-b", "other")
            write(root, "dvc.yaml", PIPE)
        self.both("repro")
        for root in self.each_root():
            git(root, "add", "-A")
            git(root, "commit", "-q", "-m", "pipeline")
            git(root, "checkout", "-q", "main")
        self.check()
        self.assertFalse(os.path.exists(os.path.join(self.ours, "out")))
        for root in self.each_root():
            git(root, "checkout", "-q", "other")
        self.check()
        self.assert_clean()

    def test_summary(self):
        self.project()
        self.remove("data", "file")
        theirs, ours = self.both("checkout", "--summary")
        self.assertEqual(ours.stdout.strip(), theirs.stdout.strip().splitlines()[-1])


class Commit(Data):
    def made(self):
        self.all_done(["file"], {"file": "f"}, commit=False)

    def test_changed_outputs(self):
        self.project()
        self.change("mid", "by hand")
        self.change("out/c", "by hand")
        self.refused("commit", code=4)
        self.both("commit", "-f")
        self.assert_clean()

    def test_a_changed_dependency(self):
        self.project()
        self.change("in", "2")
        self.refused("commit", "one", code=4)
        self.both("commit", "-f", "one")

    def test_changed_data(self):
        self.project()
        self.change("file", "g")
        self.refused("commit", "file.dvc", code=4)
        self.both("commit", "-f", "file.dvc")
        self.assert_clean()

    @each(one=("data/a.txt",), folder=("data/sub",), two=("data/a.txt", "data/sub/b.txt"))
    def test_part_of_a_folder(self, *parts):
        self.repository({})
        for root in self.each_root():
            for path, text in FOLDER.items():
                write(root, path, text)
            dvc(root, "add", "-q", "data")
        for part in parts:
            self.change(part + "/b.txt" if part == "data/sub" else part, "changed")
        self.refused("commit", *parts, code=4)
        self.both("commit", "-f", *parts, same=False)
        # DVC writes no size here, and keeps a manifest of the part only.
        found = [[line for line in read(root, "data.dvc").splitlines() if "size" not in line] for root in self.each_root()]
        self.assertEqual(found[1], found[0])
        self.assert_clean()

    @each(unchanged=("out/a", "out/b"), changed=("out/a", "out/a"), folder=("out", "out/a"), other=("out/a", "mid"))
    def test_part_of_a_stages_output_is_the_whole_stage(self, target, changed):
        self.repository({"in": "1", "dvc.yaml": PIPE})
        for root in self.each_root():
            dvc(root, "repro", "-q")
        self.change(changed, "changed")
        self.refused("commit", target, code=4)
        self.both("commit", "-f", target, same=False)
        self.assertEqual(read(self.ours, "dvc.lock"), read(self.theirs, "dvc.lock"))
        # DVC records all, but stores the part only; of an expq commit all comes back.
        shutil.rmtree(os.path.join(self.ours, "out"))
        dvc(self.ours, "checkout", "-q", "two")
        self.assertEqual(tree(self.ours, "out"), tree(self.theirs, "out"))

    def test_after_repro_without_commit(self):
        self.repository({"in": "1", "dvc.yaml": PIPE})
        for root in self.each_root():
            dvc(root, "repro", "-q", "--no-commit")
        self.both("commit")
        self.assert_clean()


class Remote(Data):
    def made(self):
        self.all_done(["data", "file"], {**FOLDER, "file": "f"})

    def forget(self, workspace=True):
        for root in self.each_root():
            shutil.rmtree(os.path.join(root, ".dvc/cache"))
        if workspace:
            self.remove("data", "file", "mid", "out")

    def test_push_all(self):
        self.project()
        self.both("push")
        self.assertEqual(links(self.ours, ".store"), links(self.theirs, ".store"))
        self.both("push")

    @each(file=("file",), folder=("data",), inside=("data/sub",), stage=("two",), deps=("-d", "two"), dvcfile=("data.dvc",),
          pattern=("--glob", "data*.dvc"))
    def test_push(self, *args):
        self.project()
        self.both("push", *args)

    def test_push_earlier_results(self):
        self.project()
        self.both("push", "--run-cache", same=False)
        self.drop_data_of_metrics()
        self.assert_same()

    def drop_data_of_metrics(self):
        """What git has needs no remote, but what the run cache says of it does: DVC sends the one without the other."""
        for root in self.each_root():
            md5 = hashlib.md5(read(root, "m.json").encode()).hexdigest()
            for folder in (".store", ".dvc/cache"):
                pathlib.Path(root, folder, "files/md5", md5[:2], md5[2:]).unlink(missing_ok=True)

    @each(all=(), file=("file",), inside=("data/sub/b.txt",), stage=("two",), runs=("--run-cache",))
    def test_fetch_and_pull(self, *args):
        self.project()
        for root in self.each_root():
            dvc(root, "push", "-q", "--run-cache")
        self.forget()
        self.both("fetch", *args)
        self.both("pull", *args)

    def test_a_cache_and_a_remote_of_a_group(self):
        self.project()
        self.forget(workspace=False)
        for root in self.each_root():
            write(root, ".dvc/config.local", REMOTE + "    shared = group\n[cache]\n    shared = group\n")
        self.both("commit", "-f")
        self.both("push", same=False)
        for folder in (".store", ".dvc/cache"):
            modes = [{str(p.relative_to(root)): oct(p.stat().st_mode) for p in pathlib.Path(root, folder).rglob("*")}
                     for root in self.each_root()]
            self.assertEqual(modes[1], modes[0])
        expq(self.ours, "push", "--run-cache")
        for path in pathlib.Path(self.ours, ".store/runs").rglob("*"):
            self.assertEqual(oct(path.stat().st_mode), "0o42775" if path.is_dir() else "0o100664")  # for DVC nobody's but mine

    def test_flags_of_outputs(self):
        self.project()
        for root in self.each_root():
            write(root, "file.dvc", read(root, "file.dvc") + "  push: false\n")
            write(root, "data.dvc", read(root, "data.dvc") + "  remote: other\n")
            write(root, ".dvc/config.local", REMOTE + "['remote \"other\"']\n    url = ../.other\n")
        self.both("push")
        self.both("push", "-r", "other")

    def test_branches_and_tags(self):
        self.project()
        for root in self.each_root():
            git(root, "tag", "first")
            git(root, "checkout", "-q", "-b", "other")
        self.change("file", "other")
        for root in self.each_root():
            dvc(root, "add", "-q", "file")
            git(root, "commit", "-q", "-a", "-m", "other")
            git(root, "checkout", "-q", "main")
        self.change("file", "third")
        for root in self.each_root():
            dvc(root, "add", "-q", "file")
            git(root, "commit", "-q", "-a", "-m", "third")
        self.both("push")
        self.both("push", "-T")
        self.both("push", "-a")
        self.forget()
        self.both("fetch", "-A")

    def test_missing_on_both_sides(self):
        self.project()
        for root in self.each_root():
            shutil.rmtree(os.path.join(root, ".dvc/cache/files"))
        self.assertEqual(expq(self.ours, "push", ok=False).returncode, 1)  # for DVC a warning
        self.assertEqual(expq(self.ours, "fetch", ok=False).returncode, 1)
        self.remove("file")
        self.both("pull", same=False)

    def test_without_a_remote(self):
        self.project()
        for root in self.each_root():
            os.remove(os.path.join(root, ".dvc/config.local"))
        self.refused("push", code=3)
        self.both("fetch")  # nothing is missing
        self.forget()
        self.assertEqual(expq(self.ours, "fetch", ok=False).returncode, 3)  # for DVC a warning
        self.refused("push", "-r", "nothing", code=3)

    def test_crossing(self):
        self.project()
        expq(self.ours, "push", "--run-cache")
        dvc(self.theirs, "push", "-q", "--run-cache")
        self.drop_data_of_metrics()
        self.assert_same()
        self.forget()
        dvc(self.ours, "pull", "-q", "--run-cache")
        expq(self.theirs, "pull", "--run-cache")
        self.assert_same()
        for root in self.each_root():
            self.assertIn("up to date", dvc(root, "status").stdout)
            self.assertIn("in sync", dvc(root, "status", "-c").stdout)
