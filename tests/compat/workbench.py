"""What the cases share: running the real DVC and expq, making repositories, looking at what is left behind."""
import collections
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import stat
import subprocess
import tempfile
import threading
import time
import unittest

EXPQ = DVC = None  # absolute paths of the two programs
DIR = None  # everything made by one run of the tests
SEED = 0  # of what the cases choose at random

ENVIRONMENT = dict(os.environ, DVC_NO_ANALYTICS="1", GIT_CONFIG_GLOBAL="/dev/null", SHELL="/bin/sh", LC_ALL="C.UTF-8")


def open_folder():
    """Where everything is made: in memory if there is room, for DVC has databases by the dozen and waits for each."""
    global DIR
    base, room = "/dev/shm", 1 << 30
    if not os.access(base, os.W_OK) or os.statvfs(base).f_flag & os.ST_NOEXEC or shutil.disk_usage(base).free < room:
        base = None
    DIR = tempfile.mkdtemp(prefix="expq-compat-", dir=base)
    ENVIRONMENT["DVC_SITE_CACHE_DIR"] = os.path.join(DIR, "site")


class Clock:
    """How often something was done, and for how long."""

    all = {}
    lock = threading.Lock()

    def __init__(self, what):
        self.what = what

    def __enter__(self):
        self.start = time.monotonic()

    def __exit__(self, *_):
        with self.lock:
            times, seconds = self.all.get(self.what, (0, 0))
            self.all[self.what] = (times + 1, seconds + time.monotonic() - self.start)

    @classmethod
    def summary(cls):
        return ", ".join(f"{what} {times} times {seconds:.0f} s" for what, (times, seconds) in sorted(cls.all.items()))


class Done:
    def __init__(self, argv, returncode, stdout, stderr):
        self.returncode, self.stdout, self.stderr = returncode, stdout, stderr
        self.text = f"{argv} exited {returncode}\n{stdout}\n{stderr}"


def run(cwd, *argv, ok=True, env=None):
    with Clock(os.path.basename(argv[0])):
        done = subprocess.run(argv, cwd=cwd, env=dict(ENVIRONMENT, **(env or {})), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120)
    done = Done(argv, done.returncode, done.stdout, done.stderr)
    if ok and done.returncode != 0:
        raise AssertionError(done.text)
    return done


class DvcServer:
    """One for each thread of the tests."""

    local = threading.local()
    all = []

    @classmethod
    def mine(cls):
        if not hasattr(cls.local, "server"):
            cls.local.server = cls()
            cls.all.append(cls.local.server)
        return cls.local.server

    def __init__(self):
        python = os.path.join(os.path.dirname(DVC), "python")
        server = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dvc_server.py")
        self.process = subprocess.Popen([python, server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.out = tempfile.NamedTemporaryFile(prefix="out-", dir=DIR)
        self.err = tempfile.NamedTemporaryFile(prefix="err-", dir=DIR)

    def run(self, cwd, args, env):
        request = {"cwd": str(cwd), "args": args, "env": env, "program": DVC, "out": self.out.name, "err": self.err.name}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        code = int(self.process.stdout.readline())
        return Done(("dvc", *args), code, pathlib.Path(self.out.name).read_text(), pathlib.Path(self.err.name).read_text())

    @classmethod
    def end(cls):
        for server in cls.all:
            server.process.stdin.close()
            server.process.wait()
            server.out.close()
            server.err.close()


def dvc(root, *args, ok=True, env=None):
    with Clock("dvc"):
        done = DvcServer.mine().run(root, list(args), dict(ENVIRONMENT, PWD=str(root), **(env or {})))
    if ok and done.returncode != 0:
        raise AssertionError(done.text)
    return done


def expq(root, *args, **kwargs):
    return run(root, EXPQ, *args, **kwargs)


def git(root, *args):
    return run(root, "git", *args).stdout


def write(root, path, text, executable=False):
    target = pathlib.Path(root, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text if isinstance(text, bytes) else text.encode())
    if executable:
        target.chmod(0o755)


def read(root, path):
    return pathlib.Path(root, path).read_text()


def tree(root, *parts, skip=()):
    """Every file below, by relative path: its text or its MD5, and whether it is executable."""
    base = pathlib.Path(root, *parts)
    found = {}
    for path in sorted(base.rglob("*")):
        name = str(path.relative_to(base))
        if any(name == s or name.startswith(s + "/") for s in skip) or not path.is_file():
            continue
        data = path.read_bytes()
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = ""
        content = text if text and len(data) < 4000 and not name.startswith(".dvc/cache/files") else hashlib.md5(data).hexdigest()
        found[name] = (content, bool(path.stat().st_mode & stat.S_IXUSR))
    return found


def whole(root):
    """The worktree with cache and run cache; not git's and DVC's own scratch. Lines of .gitignore have no order: DVC's
    comes from hash seeds."""
    found = tree(root, skip=(".git", ".dvc/tmp"))
    for path, (text, executable) in found.items():
        if os.path.basename(path) == ".gitignore":
            found[path] = (sorted(text.splitlines()), executable)
    return found


def _template():
    """An empty repository with DVC in it."""
    root = os.path.join(DIR, "template")
    os.makedirs(root)
    git(root, "init", "-q", "-b", "main", "--template=")
    git(root, "config", "maintenance.auto", "false")
    git(root, "config", "user.name", "t")
    git(root, "config", "user.email", "t@localhost")
    dvc(root, "init", "-q")
    dvc(root, "config", "core.analytics", "false")
    dvc(root, "config", "core.check_update", "false")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "dvc")
    return root


def copy(source, target):
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
    return target


def each(*table, **named):
    """Makes a case of its own of every row: `@each(one=(…), two=(…)) def test_it(self, …)` is test_it_one and test_it_two."""
    rows = {str(i): row for i, row in enumerate(table)} | named
    return lambda method: setattr(method, "rows", rows) or method


def _expand(cls):
    for name, method in list(vars(cls).items()):
        for key, row in getattr(method, "rows", {}).items():
            arguments = row if isinstance(row, (tuple, list)) else (row,)
            setattr(cls, f"{name}_{key}", lambda self, method=method, arguments=arguments: method(self, *arguments))
        if hasattr(method, "rows"):
            delattr(cls, name)


def canonical(lock):
    """The stages of a dvc.lock in one order: DVC's differs from run to run."""
    return sorted(re.split(r"(?<=\n)(?=  [^ -])", lock))


def whole_in_any_order(root):
    """The same, of a pipeline whose stages may end in any order."""
    found = whole(root)
    for path, (content, mode) in found.items():
        if os.path.basename(path) == "dvc.lock":
            found[path] = (canonical(read(root, path)), mode)
    return found


class Kept:
    """Folders that are made once and copied by many."""

    locks = collections.defaultdict(threading.Lock)

    @classmethod
    def folder(cls, name, make):
        path = os.path.join(DIR, "kept-" + name)
        with cls.locks[name]:
            if not os.path.exists(path):
                shutil.copytree(make(), path + ".part", symlinks=True)
                os.rename(path + ".part", path)
        return path


class Case(unittest.TestCase):
    """A case has two copies of one repository: `theirs` for DVC, `ours` for expq."""

    maxDiff = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        _expand(cls)

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="case-", dir=DIR)
        self.random = random.Random(f"{SEED} {self.id()}")
        self.theirs = os.path.join(self.dir, "theirs")
        self.ours = os.path.join(self.dir, "ours")

    def repository(self, files, add=(), config=()):
        """Makes both copies: `files` by path, those in `add` tracked with .dvc files, all of it committed."""
        root = copy(Kept.folder("template", _template), self.theirs)
        for path, text in files.items():
            write(root, path, text)
        for key, value in config:
            dvc(root, "config", key, value)
        if add:
            dvc(root, "add", "-q", *add)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "pipeline")
        copy(root, self.ours)

    def clone_of(self, root, name):
        return copy(root, os.path.join(self.dir, name))

    def of_class(self, name):
        return f"{type(self).__module__}.{type(self).__name__}-{name}"

    def kept(self, name, make):
        """A folder that the first case to ask for it makes, for all of its class to copy: `make` leaves it in `theirs`."""
        def made():
            make()
            return self.theirs
        return Kept.folder(self.of_class(name), made)

    def begin(self, name, make):
        """Both copies as `make` leaves them, which is called for the first case of the class that asks."""
        def made():
            make()
            return self.dir
        base = Kept.folder(self.of_class(name), made)
        self.clone_of(os.path.join(base, "theirs"), "theirs"), self.clone_of(os.path.join(base, "ours"), "ours")

    def change(self, path, text):
        for root in (self.theirs, self.ours):
            write(root, path, text)

    def assert_same(self, ours=None, theirs=None):
        ours, theirs = whole(ours or self.ours), whole(theirs or self.theirs)
        self.assertEqual(sorted(ours), sorted(theirs))
        self.assertEqual(ours, theirs)

    def assert_clean_for_dvc(self, root):
        self.assertEqual(json.loads(dvc(root, "status", "--json").stdout), {})

    def assert_clean_for_expq(self, root):
        self.assertEqual([s for s in self.expq_status(root) if s["reasons"]], [])

    def expq_status(self, root):
        return json.loads(expq(root, "status", "--json").stdout)["stages"]

    def repro(self, *args, clean=True):
        """Both bring their copy up to date; everything that is left is the same, and each finds the other's clean."""
        dvc(self.theirs, "repro", "-q", *args)
        expq(self.ours, "repro", *args)
        self.assert_same()
        self.assertEqual(git(self.ours, "status", "--porcelain"), git(self.theirs, "status", "--porcelain"))
        if clean:
            self.assert_clean_for_dvc(self.ours)
            self.assert_clean_for_expq(self.theirs)
