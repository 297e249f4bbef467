"""Runs `dvc` commands for the tests without starting Python anew for each: one JSON request a line on stdin, one answer.

Every command runs in a child of its own, forked when DVC's modules are loaded, with its own folder, environment and
output files; nothing is shared between two commands but the imports. What a command had to import the next one finds
loaded: the server imports it between the two.
"""
import gc
import importlib
import json
import os
import sys

import dvc.api  # noqa: F401  loads most of it
import dvc.cli
import dvc.cli.parser
import dvc.repo.experiments  # noqa: F401
import dvc.repo.experiments.queue.celery  # noqa: F401
import pygit2  # noqa: F401
import ruamel.yaml  # noqa: F401


def run(request, loaded, imports):
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
    os.write(imports, "\n".join(sorted(set(sys.modules) - loaded)).encode())
    os._exit(code)


def load(names):
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:  # only a command can load it
            pass
    if names:
        gc.freeze()  # or every child copies what its collector looks at


def main():
    dvc.cli.parser.get_main_parser()  # DVC keeps it
    gc.freeze()
    tried = set()
    for line in sys.stdin:
        imports, write_end = os.pipe()
        os.set_blocking(imports, False)
        os.set_blocking(write_end, False)
        child = os.fork()
        if child == 0:
            try:
                run(json.loads(line), set(sys.modules), write_end)
            finally:
                os._exit(99)
        os.close(write_end)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=sys.__stdout__, flush=True)
        try:
            names = set(os.read(imports, 1 << 20).decode().split()) - tried
        except BlockingIOError:  # something that the command left behind has the pipe
            names = set()
        os.close(imports)
        tried |= names
        load(sorted(names))


if __name__ == "__main__":
    main()
