"""What travels through a remote that is a folder: earlier results of stages, kinds of data, data past the cache."""
import os
import pathlib
import shutil

from data_cases import FOLDER, Data, links
from workbench import dvc, each, expq, git, read, run, tree, write

CONFIG = "[core]\n    analytics = false\n    check_update = false\n    remote = store\n['remote \"store\"']\n    url = {}\n"
TRAIN = """\
stages:
  train:
    cmd: echo ran >> {log}; cp in out; cat params.yaml >> out; cp params.yaml metrics.yaml
    deps: [in]
    params: [lr]
    outs:
    - out: {{{flags}}}
    metrics:
    - metrics.yaml: {{cache: false}}
"""
KINDS = """\
stages:
  one:
    cmd: echo 123456789 > big; echo '{}' > m.json; mkdir p; echo 'a,b' > p/p.csv; echo '{}' > top.json
    deps: [in]
    outs: [big, p, top.json]
    metrics: [m.json]
metrics: [top.json]
plots: [p/p.csv]
"""


def program(name):
    return dvc if name == "dvc" else expq


class Results(Data):
    """What was computed here is not computed again there, whoever computed, sent and received."""

    def project(self, flags=""):
        self.log = os.path.join(self.dir, "log")
        self.config = CONFIG.format(os.path.join(self.dir, "store"))
        self.repository({"in": "1", "params.yaml": "lr: 1\n", "dvc.yaml": TRAIN.format(log=self.log, flags=flags)})
        write(self.ours, ".dvc/config.local", self.config)

    def compute(self, name):
        for lr in (1, 2):
            write(self.ours, "params.yaml", f"lr: {lr}\n")
            program(name)(self.ours, "repro")
        git(self.ours, "add", "-A")
        git(self.ours, "commit", "-q", "-m", "computed")

    def there(self):
        there = os.path.join(self.dir, "there")
        run(self.dir, "git", "clone", "-q", self.ours, there)
        write(there, ".dvc/config.local", self.config)
        return there

    def runs(self):
        return len(pathlib.Path(self.log).read_text().splitlines())

    @each(*[(maker, receiver) for maker in ("dvc", "expq") for receiver in ("dvc", "expq")])
    def test_of_all_times_are_sent_by_expq(self, maker, receiver):
        self.project()
        self.compute(maker)
        expq(self.ours, "push", "--run-cache")
        there = self.there()
        for lr in (2, 1):
            write(there, "params.yaml", f"lr: {lr}\n")
            program(receiver)(there, "repro", "--pull")
            self.assertEqual(read(there, "out"), f"1lr: {lr}\n")
            self.assertEqual(read(there, "metrics.yaml"), f"lr: {lr}\n")
            self.assertEqual(self.runs(), 2)

    @each("dvc", "expq")
    def test_of_today_are_sent_by_dvc(self, receiver):
        self.project()
        self.compute("expq")
        dvc(self.ours, "push", "--run-cache")
        program(receiver)(self.there(), "repro", "--pull")
        self.assertEqual(self.runs(), 2)

    @each("dvc", "expq")
    def test_are_fetched_with_their_data(self, receiver):
        self.project()
        self.compute("expq")
        expq(self.ours, "push", "--run-cache")
        there = self.there()
        expq(there, "fetch", "--run-cache")
        write(there, "params.yaml", "lr: 1\n")
        program(receiver)(there, "repro")
        self.assertEqual(self.runs(), 2)

    def test_stay_here_when_the_output_must_not_be_pushed(self):
        self.project(flags="push: false")
        self.compute("expq")
        expq(self.ours, "push", "--run-cache")
        sent = [p.read_text() for p in pathlib.Path(self.dir, "store/files").rglob("*") if p.is_file()]
        self.assertEqual(sorted(sent), ["lr: 1\n", "lr: 2\n"])  # the metrics


class Damaged(Data):
    """One object that is not what it is called keeps no other back, and goes nowhere itself. DVC takes it for data."""

    def project(self):
        self.repository({})
        for root in self.each_root():
            for path, text in {**FOLDER, "file": "f", "other": "o"}.items():
                write(root, path, text)
            dvc(root, "add", "-q", "data", "file", "other")

    def objects(self, root, folder):
        return [path for path in pathlib.Path(root, folder, "files").rglob("*") if path.is_file()]

    def spoil(self, folder, text):
        for root in self.each_root():
            for path in self.objects(root, folder):
                if path.read_text() == text:
                    path.chmod(0o644)
                    path.write_text("spoilt")
                    path.chmod(0o444)

    def named(self, said, *paths):
        lines = [line for line in said.stderr.splitlines() if line.startswith("warning: ")]
        self.assertEqual(sorted(line.split(": ")[1] for line in lines), sorted(paths), said.text)

    @each(file=("f", "file"), inside=("b", "data/sub/b.txt"))
    def test_in_the_remote(self, text, path):
        self.project()
        for root in self.each_root():
            dvc(root, "push", "-q")
            shutil.rmtree(os.path.join(root, ".dvc/cache"))
        self.spoil(".store", text)
        self.remove("data", "file", "other")
        dvc(self.theirs, "fetch")
        for command in (["fetch"], ["pull"], ["pull", "--allow-missing"]):
            said = expq(self.ours, *command, ok=False)
            self.assertEqual(said.returncode, 1, said.text)
            self.named(said, path)
        without = {p.name for p in self.objects(self.theirs, ".dvc/cache") if p.read_text() != "spoilt"}
        if text == "b":
            without = {name for name in without if not name.endswith(".dir")}
        self.assertEqual({p.name for p in self.objects(self.ours, ".dvc/cache")}, without)
        self.assertEqual(read(self.ours, "other"), "o")

    @each(file=("f", "file"), inside=("b", "data/sub/b.txt"))
    def test_in_the_cache(self, text, path):
        self.project()
        self.spoil(".dvc/cache", text)
        said = expq(self.ours, "push", ok=False)
        self.assertEqual(said.returncode, 1, said.text)
        self.named(said, path)
        sent = [path.read_text() for path in self.objects(self.ours, ".store")]
        self.assertNotIn("spoilt", sent)
        self.assertEqual(len(sent), 7 if text == "f" else 6)  # all but it, and the folder's manifest

    def test_missing_in_the_remote(self):
        self.project()
        for root in self.each_root():
            dvc(root, "push", "-q")
            shutil.rmtree(os.path.join(root, ".dvc/cache"))
            for path in self.objects(root, ".store"):
                if path.read_text() in ("b", "f"):
                    path.unlink()
        _, said = self.both("fetch")
        for path in ("file", "data/sub/b.txt"):
            self.assertIn(path, said.stderr)


class Kinds(Data):
    @each(metrics=("--type", "metrics"), plots=("--type", "plots"), both=("--type", "metrics", "--type", "plots"),
          small=("--max-size", "10"), all=("--max-size", "11"), together=("--max-size", "4", "--type", "plots"))
    def test_are_fetched(self, *args):
        self.repository({"in": "1", "dvc.yaml": KINDS})
        for root in self.each_root():
            dvc(root, "repro", "-q")
            dvc(root, "push", "-q")
            shutil.rmtree(os.path.join(root, ".dvc/cache"))
        self.both("fetch", *args)


class PastTheCache(Data):
    def add(self, *args):
        self.both("add", "--to-remote", *args, same=False)
        # A pull puts it into the workspace: DVC would leave it for git to find.
        skip = (".git", ".dvc/tmp", ".gitignore", "sub/.gitignore")
        for left in pathlib.Path(self.theirs, ".store").rglob("*.tmp"):
            left.unlink()  # DVC's own
        self.assertEqual(tree(self.ours, skip=skip), tree(self.theirs, skip=skip))

    def test_a_file_of_the_workspace(self):
        self.repository({})
        self.change("sub/x", "x")
        self.add("sub/x")
        self.assertEqual(links(self.ours, ".store"), links(self.theirs, ".store"))

    def test_a_folder_from_elsewhere(self):
        self.repository({})
        for path, text in FOLDER.items():
            write(self.dir, "elsewhere/" + path, text)
        self.add(os.path.join(self.dir, "elsewhere/data"))
        self.both("pull", same=False)
        self.assertEqual(tree(self.ours, "data"), tree(self.theirs, "data"))

    def test_under_another_name(self):
        self.repository({})
        write(self.dir, "elsewhere/x", "x")
        self.add(os.path.join(self.dir, "elsewhere/x"), "-o", "y")

    @each(remote=("x", "-r", "store"), jobs=("x", "--remote-jobs", "2"), two=("x", "y", "--to-remote"),
          missing=("z", "--to-remote"))
    def test_refuses(self, *args):
        self.repository({"x": "1", "y": "2"})
        theirs, ours = self.both("add", *args)
        self.assertNotEqual(ours.returncode, 0)


class OneCache(Data):
    """Repositories with one cache: gc keeps what the others need."""

    @each(alone=(False,), named=(True,))
    def test_gc(self, named):
        self.repository({})
        neighbours = {}
        for root in self.each_root():
            write(root, ".dvc/config", read(root, ".dvc/config") + "[cache]\n    dir = ../../cache-" + os.path.basename(root) + "\n")
            neighbours[root] = self.clone_of(root, "neighbour-" + os.path.basename(root))
            for place, text in ((root, "ours"), (neighbours[root], "the neighbour's")):
                write(place, "file", text)
                dvc(place, "add", "-q", "file")
        for program, root in ((dvc, self.theirs), (expq, self.ours)):
            program(root, "gc", "-f", "-w", *(["-p", neighbours[root]] if named else []))
        caches = [sorted(p.read_text() for p in pathlib.Path(self.dir, "cache-" + name).rglob("*") if p.is_file())
                  for name in ("theirs", "ours")]
        self.assertEqual(caches[1], caches[0])
        self.assertEqual(len(caches[0]), 2 if named else 1)


class Modes(Data):
    @each(link=("hardlink",), copy=("copy",))
    def test_of_a_group(self, kind):
        self.repository({"in": "1", "dvc.yaml": KINDS})
        self.use_links(kind)
        for root in self.each_root():
            write(root, ".dvc/config", read(root, ".dvc/config") + "    shared = group\n")
            write(root, "data/x", "x")
        self.both("add", "data")
        self.both("repro")
        # Of files that are copies anyway DVC changes the modes in the workspace.
        for folder in (".dvc/cache", *(["data", "big", "p"] if kind == "hardlink" else [])):
            modes = [{str(p.relative_to(root)): oct(p.stat().st_mode)
                      for p in (pathlib.Path(root, folder), *pathlib.Path(root, folder).rglob("*"))} for root in self.each_root()]
            self.assertEqual(modes[1], modes[0])
        self.both("unprotect", "data")
        self.assertEqual(links(self.ours, "data"), links(self.theirs, "data"))
