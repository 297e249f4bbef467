"""What one has run the other takes: through the run cache, through a remote, and from locks that somebody else wrote."""
import hashlib
import os
import shutil

import workbench
from twins import COPY, Twins, stages
from workbench import dvc, expq, read, write


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
