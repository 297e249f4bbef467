"""Whole commands, measured as a person waits for them, each beside a peer or a limit in the same run.

usage: tests/bench/end_to_end.py [--expq build/release/bin/expq] [--dvc build/dvc/bin/dvc] [ROW …]
Rows: submit grid burst drain remote show repro folder history. Without --dvc's program the peer column says so.
Prints a Markdown table; numbers are medians unless it says otherwise. Not part of the test suite.
"""
import argparse
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
ENV = dict(os.environ, DVC_NO_ANALYTICS="1", GIT_CONFIG_GLOBAL="/dev/null", SHELL="/bin/sh")
ROWS = []


def timed(cwd, *argv, ok=True):
    """Wall seconds and peak memory (MB) of one command."""
    start = time.perf_counter()
    process = subprocess.Popen(argv, cwd=cwd, env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if ok and process.returncode != 0:
        sys.exit(f"{argv} exited {process.returncode}:\n{output.decode()}")
    return seconds, usage.ru_maxrss / 1024


def run(cwd, *argv):
    return timed(cwd, *argv)[0]


def git(cwd, *argv):
    run(cwd, "git", *argv)


def repository(root, stages="stages:\n  one:\n    cmd: 'true'\n    params:\n    - units\n", files=0):
    os.makedirs(root)
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "user.name", "bench")
    git(root, "config", "user.email", "bench@localhost")
    pathlib.Path(root, "params.yaml").write_text("units: 1\nlr: 0.1\n")
    pathlib.Path(root, "dvc.yaml").write_text(stages)
    pathlib.Path(root, ".dvc").mkdir()
    pathlib.Path(root, ".dvc/config").write_text("[core]\n    analytics = false\n    check_update = false\n")
    pathlib.Path(root, ".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n")
    for i in range(files):
        path = pathlib.Path(root, f"src/d{i // 100}/f{i}.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# file {i}\n" * 20)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "bench")
    return root


def row(what, reach, ours, peer):
    ROWS.append((what, reach, ours, peer))
    print(f"| {what} | {reach} | {ours} | {peer} |", flush=True)


def ms(seconds):
    return f"{seconds * 1e3:.1f} ms"


class Bench:
    def __init__(self, expq, dvc, work):
        self.expq, self.dvc, self.work = expq, dvc, work

    def repo(self, name, **kwargs):
        return repository(os.path.join(self.work, name), **kwargs)

    def submit(self):
        root = self.repo("submit", files=1000)
        run(root, self.expq, "submit", "-S", "units=0")
        samples = [timed(root, self.expq, "submit", "-S", f"units={n}") for n in range(2, 23)]
        seconds, memory = statistics.median(s[0] for s in samples), max(s[1] for s in samples)
        peer = "no DVC"
        if self.dvc:
            theirs = [timed(root, self.dvc, "exp", "run", "-q", "--queue", "-S", f"units={n}") for n in range(3)]
            peer = f"DVC {statistics.median(t[0] for t in theirs):.2f} s, {max(t[1] for t in theirs):.0f} MB"
        row("submit of one, 1,000 tracked files", "≤ 40 ms, ≤ 60 MB", f"{ms(seconds)}, {memory:.0f} MB", peer)

    def grid(self):
        root = self.repo("grid")
        seconds = run(root, self.expq, "submit", "-q", "-S", "units=range(0,100)", "-S", "lr=range(0,100)")
        peer = "no DVC"
        if self.dvc:
            two = run(root, self.dvc, "exp", "run", "-q", "--queue", "-S", "units=range(0,2)")
            twelve = run(root, self.dvc, "exp", "run", "-q", "--queue", "-S", "units=range(0,12)")
            peer = f"DVC {ms((twelve - two) / 10)} a point"
        row("submit of a 10,000-point grid, durable", "≤ 2 s", f"{seconds:.2f} s", peer)

    def burst(self):
        root = self.repo("burst")

        def together(argv_of, count):
            processes = [subprocess.Popen(argv_of(n), cwd=root, env=ENV, stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL) for n in range(count)]
            return sum(p.wait() == 0 for p in processes)

        start = time.perf_counter()
        succeeded = together(lambda n: [self.expq, "submit", "-S", f"units={n + 2}"], 20)
        seconds = time.perf_counter() - start
        peer = "no DVC"
        if self.dvc:
            peer = f"DVC {together(lambda n: [self.dvc, 'exp', 'run', '-q', '--queue', '-S', f'units={n}'], 6)} of 6"
        row("20 submits at the same moment", "all succeed", f"{succeeded} of 20 in {seconds:.2f} s", peer)

    def drain(self):
        root = self.repo("drain")
        run(root, self.expq, "submit", "-q", "-S", "units=range(1000,1500)")
        seconds = run(root, self.expq, "run-all", "-q", "-j", "2")
        start = time.perf_counter()
        subprocess.run(["xargs", "-P2", "-I{}", "sh", "-c", "true"], input="".join(f"{i}\n" for i in range(500)),
                       text=True, check=True)
        xargs = time.perf_counter() - start
        peer = f"xargs -P2 {500 / xargs:.0f}/s"
        if self.dvc:
            run(root, self.dvc, "exp", "run", "-q", "--queue", "-S", "units=range(1,11)")
            peer += f"; DVC {self.dvc_drain(root, 10)}"
        row("drain of 500 trivial experiments, local, -j 2", "≥ 100/s", f"{500 / seconds:.0f}/s", peer)

    def dvc_drain(self, root, count, jobs=2, limit=300):
        """DVC's own queue hangs now and then: that is a result too, not the end of the run."""
        start = time.perf_counter()
        process = subprocess.Popen([self.dvc, "exp", "run", "--run-all", "-j", str(jobs)], cwd=root, env=ENV,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        try:
            process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            subprocess.run([self.dvc, "queue", "stop", "--kill"], cwd=root, env=ENV, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            return f"hung: not done after {limit} s ({count} experiments)"
        return f"{(time.perf_counter() - start) / count:.2f} s each"

    def remote(self):
        root = self.repo("remote")
        info = os.path.join(self.work, "scheduler.json")
        scheduler = subprocess.Popen([self.expq, "scheduler", "--listen", "127.0.0.1:0", "--info-file", info, "--data",
                                      os.path.join(self.work, "hub")], env=ENV, stderr=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL)
        agent = None
        try:
            address = wait_for_address(info)
            run(root, self.expq, "--scheduler", address, "submit", "-q", "-S", "units=range(1000,1500)")
            agent = subprocess.Popen([self.expq, "agent", "--scheduler", address, "-j", "2", "--gpus", "none", "--data",
                                      os.path.join(self.work, "box")], env=ENV, stderr=subprocess.DEVNULL)
            start = time.perf_counter()
            run(root, self.expq, "--scheduler", address, "wait")
            seconds = time.perf_counter() - start
        finally:
            for process in (agent, scheduler):
                if process:
                    process.send_signal(signal.SIGTERM)
                    process.wait(30)
        row("the same through scheduler and agent", "≥ 60/s", f"{500 / seconds:.0f}/s", "DVC cannot")

    def show(self):
        root = self.repo("show")
        run(root, self.expq, "submit", "-q", "-S", "units=range(0,100)", "-S", "lr=range(0,100)")
        finish_all(root)
        samples = [timed(root, self.expq, "--no-pager", "show") for _ in range(7)]
        row("show with 10,000 finished experiments", "≤ 200 ms, ≤ 150 MB",
            f"{ms(statistics.median(s[0] for s in samples))}, {max(s[1] for s in samples):.0f} MB",
            "DVC 2.1–3.9 s warm at 1,000 (research/dvc-ground-truth.md)")

    def repro(self):
        stages = "stages:\n" + "".join(
            f"  s{i}:\n    cmd: echo {i} > out/{i}\n    deps:\n    - params.yaml\n    outs:\n    - out/{i}\n" for i in range(100))
        root = self.repo("repro", stages=stages)
        run(root, self.expq, "repro", "-q")
        seconds = statistics.median(run(root, self.expq, "repro", "-q") for _ in range(15))
        peer = "no DVC"
        if self.dvc:
            peer = f"DVC {run(root, self.dvc, 'repro', '-q'):.2f} s"
        row("no-op repro of 100 stages", "≤ 40 ms", ms(seconds), peer)

    def folder(self):
        stages = ("stages:\n  one:\n    cmd: ls data | wc -l > n.txt\n    deps:\n    - data\n    params:\n    - units\n"
                  "    outs:\n    - n.txt\n")
        root = self.repo("folder", stages=stages)
        os.makedirs(os.path.join(root, "data"))
        for i in range(10000):
            pathlib.Path(root, f"data/{i:05d}").write_bytes(i.to_bytes(4, "big") * 1024)
        program = self.dvc or sys.exit("the folder row needs DVC to track the folder")
        run(root, program, "add", "-q", "data")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "data")
        run(root, self.expq, "submit", "-q", "-S", "units=5")
        first = run(root, self.expq, "run-all", "-q")
        run(root, self.expq, "submit", "-q", "-S", "units=range(10,30)")
        each = run(root, self.expq, "run-all", "-q") / 20
        run(root, program, "config", "cache.type", "hardlink,copy")
        git(root, "commit", "-q", "-am", "hard links")
        run(root, program, "exp", "run", "-q", "--queue", "-S", "units=range(50,52)")
        theirs = self.dvc_drain(root, 2, jobs=1)
        row("drain of 20, a .dvc folder of 10,000 files of 4 KiB", "≤ 0.5 s each",
            f"{each:.3f} s each (first {first:.2f} s)", f"DVC {theirs} (hard links)")

    def history(self):
        small, large = self.repo("small"), self.repo("large")
        for i in range(10):
            pathlib.Path(large, "blob").write_bytes(os.urandom(10 << 20))
            git(large, "add", "-A")
            git(large, "commit", "-q", "-m", f"history {i}")
        os.remove(os.path.join(large, "blob"))
        git(large, "commit", "-q", "-am", "history")
        git(large, "repack", "-q", "-a", "-d")
        each = []
        for root in (small, large):
            run(root, self.expq, "submit", "-q", "-S", "units=2")
            run(root, self.expq, "run-all", "-q")
            run(root, self.expq, "submit", "-q", "-S", "units=range(10,30)")
            each.append(run(root, self.expq, "run-all", "-q") / 20)
        peer = "no DVC"
        if self.dvc:
            run(large, self.dvc, "exp", "run", "-q", "--queue", "-S", "units=range(50,52)")
            peer = f"DVC {self.dvc_drain(large, 2, jobs=1)}"
        row("drain of 20 with 100 MB of history, beyond a small repository's", "≤ 20 ms each",
            f"{(each[1] - each[0]) * 1e3:+.1f} ms each ({ms(each[1])} against {ms(each[0])})", peer)


def wait_for_address(info):
    import json
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            return json.loads(pathlib.Path(info).read_text())["address"]
        except (FileNotFoundError, ValueError):
            time.sleep(0.02)
    sys.exit("the scheduler did not come up")


def finish_all(root):
    """Marks all queued experiments of a local queue as finished, with a metric each: running 10,000 would take minutes."""
    import sqlite3
    database = sqlite3.connect(os.path.join(root, ".git/expq/queue.db"))
    columns = [c[1] for c in database.execute("PRAGMA table_info(experiment)")]
    assert {"state", "metrics"} <= set(columns), f"the schema changed: {columns}"
    database.execute("UPDATE experiment SET state = ?, metrics = '{\"metrics.json\":{\"acc\":0.' || sequence || '}}'",
                     (SUCCEEDED,))
    database.commit()


SUCCEEDED = 2  # store's number for a succeeded experiment


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--expq", default=str(TOP / "build/release/bin/expq"))
    parser.add_argument("--dvc", default=str(TOP / "build/dvc/bin/dvc"))
    parser.add_argument("rows", nargs="*", default=[])
    options = parser.parse_args()
    dvc = os.path.abspath(options.dvc) if os.access(options.dvc, os.X_OK) else None
    if dvc:  # its queue starts its workers by name, and waits for ever when there is no such program
        ENV["PATH"] = os.path.dirname(dvc) + os.pathsep + ENV["PATH"]
    work = tempfile.mkdtemp(prefix="expq-bench-")
    bench = Bench(os.path.abspath(options.expq), dvc, work)
    print("| what | reach | expq | peer in the same run |\n|---|---|---|---|")
    try:
        for name in options.rows or ["submit", "grid", "burst", "drain", "remote", "show", "repro", "folder", "history"]:
            getattr(bench, name)()
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
