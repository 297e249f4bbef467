"""`gc` of the cache and of remotes."""
from data_cases import FOLDER, Data
from workbench import dvc, each, git, write


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

    @each(nothing=(), num=("-w", "-n", "2"), both=("-w", "-c", "--not-in-remote"))
    def test_refuses(self, *args):
        self.repository({"x": "1"})
        self.refused("gc", "-f", *args, code=2)
