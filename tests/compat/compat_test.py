"""The real DVC and expq do the same thing to two copies of one repository; what is left behind must be the same bytes.

usage: compat_test.py --expq PATH --dvc PATH [-j N] [-k PART]... [--seed N]

Every *_cases.py beside this file is run. The folder of a case that failed is kept, and named.
"""
import argparse
import glob
import importlib
import itertools
import os
import random
import shutil
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor, as_completed

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import workbench


def cases(parts):
    """One of each class in turn: those of one class may wait for what the first of them makes."""
    loader, classes = unittest.TestLoader(), []
    for path in sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "*_cases.py"))):
        module = importlib.import_module(os.path.basename(path)[:-3])
        for suite in loader.loadTestsFromModule(module):
            classes.append([case for case in suite if not parts or any(part in case.id() for part in parts)])
    classes.sort(key=lambda found: not any(getattr(case, "SLOW", False) for case in found))
    return [case for row in itertools.zip_longest(*classes) for case in row if case]


def run(case):
    result, start = unittest.TestResult(), time.monotonic()
    case.run(result)
    if result.wasSuccessful() and hasattr(case, "dir"):
        shutil.rmtree(case.dir, ignore_errors=True)
    return case, result, time.monotonic() - start


def keep_program(path):
    """A copy, for somebody may build meanwhile."""
    folder = os.path.join(workbench.DIR, "bin")
    os.makedirs(folder)
    for name in ("expq", "expq-supervise"):
        shutil.copy2(os.path.join(os.path.dirname(path), name), folder)
    return os.path.join(folder, "expq")


def report(case, result, seconds):
    skipped = "".join(f" ({reason})" for _, reason in result.skipped)
    word = "FAILED" if not result.wasSuccessful() else "skipped" if skipped else "ok"
    print(f"{word:7} {seconds:5.1f} s  {case.id()}{skipped}", flush=True)
    for where, trace in result.failures + result.errors:
        print(f"{where}\n{trace}", flush=True)
    if not result.wasSuccessful():
        print(f"kept: {getattr(case, 'dir', 'nothing')} (--seed {workbench.SEED} -k {case.id()})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--expq", required=True)
    parser.add_argument("--dvc", required=True)
    parser.add_argument("-j", type=int, default=2, help="cases at a time")
    parser.add_argument("-k", action="append", help="only the cases with this in their name")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="of the cases that choose at random")
    options = parser.parse_args()
    workbench.SEED = options.seed
    workbench.EXPQ, workbench.DVC = os.path.abspath(options.expq), os.path.abspath(options.dvc)
    for program in (workbench.EXPQ, workbench.DVC):
        if not os.access(program, os.X_OK):
            sys.exit(f"{program} is missing: run tests/compat/setup and build first")
    workbench.open_folder()
    workbench.EXPQ = keep_program(workbench.EXPQ)
    total, failed, start = 0, 0, time.monotonic()
    try:
        with ThreadPoolExecutor(options.j) as pool:
            for done in as_completed([pool.submit(run, case) for case in cases(options.k)]):
                case, result, seconds = done.result()
                total += 1
                failed += not result.wasSuccessful()
                report(case, result, seconds)
    finally:
        workbench.DvcServer.end()
        if not failed:
            shutil.rmtree(workbench.DIR, ignore_errors=True)
    print(f"{total - failed} of {total} cases passed in {time.monotonic() - start:.0f} s: {workbench.Clock.summary()}")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
