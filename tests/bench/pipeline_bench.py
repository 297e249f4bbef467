"""`repro` and `status` of 3, 100 and 1,000 stages: nothing to do, all run, all restored; beside DVC in the same run.

usage: tests/bench/pipeline_bench.py [--expq build/release/bin/expq] [--dvc build/dvc/bin/dvc] [--runs N] [ROW …]
Rows: noop status run restored resolve. DVC's all-run and restored rows take minutes at 100 stages and are left out at
1,000 (quadratic: hours). Without --dvc's program the peer column says so. Prints a Markdown table of medians.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from end_to_end import TOP, git, ms, repository, timed  # noqa: E402

COUNTS = (3, 100, 1000)
# What stages cost that do something; each reads its own file and a param, and writes one cached output.
STAGE = "  s{0}:\n    cmd: cp in{0} out{0}\n    deps: [in{0}]\n    params: [units]\n    outs: [out{0}]\n"


class Bench:
    def __init__(self, expq, dvc, work, runs):
        self.expq, self.dvc, self.work, self.runs = expq, dvc, work, runs
        self.made = {}

    def fresh(self, count):
        """A repository in which no stage has run."""
        root = os.path.join(self.work, f"fresh{count}")
        if not os.path.exists(root):
            repository(root, stages="stages:\n" + "".join(STAGE.format(i) for i in range(count)))
            for i in range(count):
                pathlib.Path(root, f"in{i}").write_text(f"{i}\n")
            git(root, "add", "-A")
            git(root, "commit", "-q", "-m", "inputs")
        return self.copy(root)

    def done(self, count):
        """One in which all stages have run."""
        if count not in self.made:
            root = self.fresh(count)
            timed(root, self.expq, "repro", "-q")
            self.made[count] = root
        return self.made[count]

    def copy(self, root):
        target = tempfile.mkdtemp(dir=self.work)
        shutil.rmtree(target)
        shutil.copytree(root, target, symlinks=True)
        return target

    def median(self, root, *argv):
        timed(root, *argv)
        return statistics.median(timed(root, *argv)[0] for _ in range(self.runs))

    def nothing_to_do(self, command):
        for count in COUNTS:
            root = self.done(count)
            ours = self.median(root, self.expq, command, "-q")
            peer = "no DVC here"
            if self.dvc:
                timed(root, self.dvc, command, "-q")
                theirs = timed(root, self.dvc, command, "-q")[0]
                peer = f"DVC {theirs:.2f} s: {theirs / ours:.0f} ×"
            row(f"no-op `{command}` of {count:,} stages", "≥ 50 × DVC", ms(ours), peer)

    def noop(self):
        self.nothing_to_do("repro")

    def status(self):
        self.nothing_to_do("status")

    def run(self):
        self.all(lambda root: None, "all run", {100: "≤ 1 s", 1000: "linear"})

    def restored(self):
        self.all(forget, "all restored from the run cache", {100: "≤ 0.5 s", 1000: "linear"})

    def all(self, prepare, what, reaches):
        for count, reach in reaches.items():
            times = []
            for _ in range(self.runs if count <= 100 else 1):
                root = self.copy(self.done(count)) if prepare is forget else self.fresh(count)
                prepare(root)
                times.append(timed(root, self.expq, "repro", "-q")[0])
                shutil.rmtree(root)
            peer = "not run: DVC's time grows with the square"
            if count <= 100:
                peer = "no DVC here"
            if self.dvc and count <= 100:
                root = self.copy(self.done(count)) if prepare is forget else self.fresh(count)
                prepare(root)
                peer = f"DVC {timed(root, self.dvc, 'repro', '-q')[0]:.1f} s"
            ours = statistics.median(times)
            row(f"`repro` of {count:,} trivial stages, {what}", reach, f"{ours:.2f} s ({ours / count * 1e3:.1f} ms each)", peer)

    def resolve(self):
        root = repository(os.path.join(self.work, "many"), stages="""\
stages:
  many:
    matrix:
      a: ${as}
      b: ${bs}
    cmd: cp in out-${item.a}-${item.b}
    deps: [in]
    outs: ['out-${item.a}-${item.b}']
""")
        pathlib.Path(root, "params.yaml").write_text(f"as: {list(range(100))}\nbs: {list(range(50))}\n")
        ours = self.median(root, self.expq, "dag", "--dot")
        row("resolving a dvc.yaml of 5,000 generated stages (`dag`)", "≤ 300 ms", ms(ours), "not run: minutes")


def forget(root):
    os.remove(os.path.join(root, "dvc.lock"))
    for path in pathlib.Path(root).glob("out*"):
        path.unlink()


def row(what, reach, ours, peer):
    print(f"| {what} | {reach} | {ours} | {peer} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--expq", default=str(TOP / "build/release/bin/expq"))
    parser.add_argument("--dvc", default=str(TOP / "build/dvc/bin/dvc"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("rows", nargs="*", default=["noop", "status", "run", "restored", "resolve"])
    options = parser.parse_args()
    dvc = os.path.abspath(options.dvc) if os.access(options.dvc, os.X_OK) else None
    work = tempfile.mkdtemp(prefix="expq-bench-")
    bench = Bench(os.path.abspath(options.expq), dvc, work, options.runs)
    print("| what | reach | expq | peer |\n|---|---|---|---|", flush=True)
    try:
        for name in options.rows:
            getattr(bench, name)()
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
