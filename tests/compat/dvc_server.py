"""Runs `dvc` commands for the tests without starting Python anew for each: one JSON request a line on stdin, one answer.

Every command runs in a child of its own, forked when DVC's modules are loaded, with its own folder, environment and
output files; nothing is shared between two commands but the imports.
"""
import json
import os
import sys

import dvc.api  # noqa: F401  loads most of it
import dvc.cli
import dvc.repo.experiments  # noqa: F401
import dvc.repo.experiments.queue.celery  # noqa: F401
import pygit2  # noqa: F401
import ruamel.yaml  # noqa: F401


def run(request):
    os.setsid()
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    for fd, path in ((1, request["out"]), (2, request["err"])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), fd)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = [request["program"], *request["args"]]
    code = dvc.cli.main(request["args"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main():
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                run(request)
            finally:
                os._exit(99)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=sys.__stdout__, flush=True)


if __name__ == "__main__":
    main()
