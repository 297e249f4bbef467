"""Commands about data, measured as a person waits for them, each beside DVC in the same run.

usage: tests/bench/data_bench.py [--expq build/release/bin/expq] [--dvc build/dvc/bin/dvc] [--work DIR] [ROW …]
Rows: add large checkout again remote. Without --dvc's program the peer column says so.
Prints a Markdown table; numbers are medians of --rounds. Needs 8 GB in --work. Not part of the test suite.
"""
import argparse
import hashlib
import os
import pathlib
import shutil
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import end_to_end
from end_to_end import repository, row, run

FILES, BYTES = 10_000, 4096
LARGE = 2 << 30
# What cp needs for the same.
LIMITS = {"copy": ("cp", "-r"), "hardlink": ("cp", "-al"), "symlink": ("cp", "-rs")}


def fill(folder, count=FILES):
    """Files of 4 KiB, none like another."""
    for i in range(count):
        path = pathlib.Path(folder, f"d{i // 1000}/f{i}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(hashlib.sha512(str(i).encode()).digest() * (BYTES // 64))


def settle():
    os.sync()


class Bench:
    def __init__(self, options, work):
        self.expq, self.work, self.rounds = options.expq, work, options.rounds
        self.dvc = options.dvc if os.path.exists(options.dvc) else None
        self.count = 0

    def repo(self, kind="copy"):
        self.count += 1
        root = repository(os.path.join(self.work, f"repo{self.count}"), stages="stages: {}\n")
        with open(os.path.join(root, ".dvc/config"), "a") as config:
            config.write(f"    remote = store\n[cache]\n    type = {kind}\n['remote \"store\"']\n    url = ../../store{self.count}\n")
        return root

    def put_aside(self, path):
        """Like removing it. But ext4 without a journal searches past what was deleted in the last minutes whenever it
        makes a file: that would be measured. So nothing of many files is deleted before the end."""
        self.count += 1
        os.rename(path, os.path.join(self.work, f"aside{self.count}"))

    def each_program(self, measure):
        """Medians of `measure(program)`: expq's, and DVC's or None."""
        ours = statistics.median(measure(self.expq) for _ in range(self.rounds))
        return ours, measure(self.dvc) if self.dvc else None

    @staticmethod
    def beside(kind, limits):
        return f"; `{' '.join(LIMITS[kind])}` {statistics.median(limits):.2f} s"

    def report(self, what, reach, ours, theirs, detail=""):
        peer = "no DVC" if theirs is None else f"DVC {theirs:.2f} s: {theirs / ours:.1f} ×"
        row(what, reach, f"{ours:.2f} s{detail}", peer)

    def limit(self, kind, folder):
        """Seconds that cp takes for a copy or links of the folder."""
        settle()
        return run(os.path.dirname(folder), *LIMITS[kind], folder, folder + "2")

    def add(self):
        limits = []

        def measure(program):
            root = self.repo()
            fill(os.path.join(root, "data"))
            settle()
            seconds = run(root, program, "add", "-q", "data")
            limits.append(self.limit("copy", os.path.join(root, "data")))
            return seconds

        ours, theirs = self.each_program(measure)
        self.report("add of 10,000 files of 4 KiB, copies", "≥ 5 × DVC", ours, theirs, self.beside("copy", limits))

    def large(self):
        root = self.repo()
        path = os.path.join(root, "big.bin")
        with open(path, "wb") as out:
            block = os.urandom(16 << 20)
            for _ in range(LARGE // len(block)):
                out.write(block)
        settle()
        limit = statistics.median(run(root, "openssl", "dgst", "-md5", path) for _ in range(3))

        def measure(program):
            for left in ("big.bin.dvc", ".gitignore"):
                pathlib.Path(root, left).unlink(missing_ok=True)
            shutil.rmtree(os.path.join(root, ".dvc/cache"), ignore_errors=True)
            shutil.rmtree(os.path.join(root, ".git/expq"), ignore_errors=True)
            settle()
            return run(root, program, "add", "-q", "big.bin")

        ours, theirs = self.each_program(measure)
        self.report("add of one file of 2 GiB, copy", "≥ 90 % of the MD5 limit", ours, theirs,
                    f" = {limit / ours * 100:.0f} % of `openssl md5` ({limit:.2f} s)")
        shutil.rmtree(root)

    def checkout(self):
        for kind in LIMITS:
            limits = []

            def measure(program):
                root = self.repo(kind)
                fill(os.path.join(root, "data"))
                run(root, program, "add", "-q", "data")
                self.put_aside(os.path.join(root, "data"))
                settle()
                seconds = run(root, program, "checkout", "-q")
                limits.append(self.limit(kind, os.path.join(root, ".dvc/cache/files/md5")))
                return seconds

            ours, theirs = self.each_program(measure)
            self.report(f"checkout of 10,000 files of 4 KiB, {kind}", "≥ 5 × DVC", ours, theirs,
                        self.beside(kind, limits))

    def again(self):
        def measure(program):
            root = self.repo()
            fill(os.path.join(root, "data"))
            run(root, program, "add", "-q", "data")
            seconds = run(root, program, "checkout", "-q")
            return seconds

        self.report("checkout of the same, nothing to do", "–", *self.each_program(measure))

    def remote(self):
        fetched = []

        def measure(program):
            root = self.repo()
            fill(os.path.join(root, "data"), 2000)
            run(root, program, "add", "-q", "data")
            settle()
            seconds = run(root, program, "push", "-q")
            self.put_aside(os.path.join(root, ".dvc/cache"))
            settle()
            fetched.append(run(root, program, "fetch", "-q"))
            return seconds

        self.report("push of 2,000 files of 4 KiB to a folder", "–", *self.each_program(measure))
        theirs = fetched.pop() if self.dvc else None
        self.report("fetch of the same", "–", statistics.median(fetched), theirs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    top = end_to_end.TOP
    parser.add_argument("--expq", default=str(top / "build/release/bin/expq"))
    parser.add_argument("--dvc", default=str(top / "build/dvc/bin/dvc"))
    parser.add_argument("--work", help="on the disk to measure (default: a temporary folder)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    options = parser.parse_args()
    options.expq = os.path.abspath(options.expq)
    work = tempfile.mkdtemp(prefix="expq-data-", dir=options.work)
    try:
        bench = Bench(options, work)
        print("| what | reach | expq | peer |\n|---|---|---|---|", flush=True)
        for name in options.rows or ("add", "large", "checkout", "again", "remote"):
            getattr(bench, name)()
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
