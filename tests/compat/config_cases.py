"""`.dvc/config` and the files above and beside it: what both heed, accept and refuse."""
import json
import os
import pathlib
import stat
import subprocess

import workbench
from workbench import dvc, each, expq, git, read, write

PIPE = {"in": "1", "dvc.yaml": "stages:\n  s:\n    cmd: mkdir -p d && echo x > d/x && cp in out\n    deps: [in]\n    outs: [out, d]\n"}


def links(root):
    """What kind of file each output is."""
    found = {}
    for path in ("out", "d/x"):
        info = pathlib.Path(root, path).lstat()
        found[path] = (stat.S_ISLNK(info.st_mode), info.st_nlink > 1, oct(info.st_mode & 0o777))
    return found


class Levels(workbench.Case):
    def levels(self, **texts):
        """The environment in which `system` and `user` are the configuration of those; `repo` and `local` are in both copies."""
        for root in (self.theirs, self.ours):
            for level, path in (("repo", ".dvc/config"), ("local", ".dvc/config.local")):
                if level in texts:
                    write(root, path, texts[level])
        for level in ("system", "user"):
            write(self.dir, f"{level}/config", texts.get(level, ""))
        return {"DVC_SYSTEM_CONFIG_DIR": os.path.join(self.dir, "system"), "DVC_GLOBAL_CONFIG_DIR": os.path.join(self.dir, "user")}

    @each(system=dict(system="hardlink"), user=dict(system="copy", user="symlink"), repo=dict(system="copy", user="copy", repo="hardlink,copy"),
          local=dict(system="copy", user="hardlink", repo="copy", local="symlink"), none=dict())
    def test_the_nearer_file_wins(self, types):
        self.repository(PIPE)
        env = self.levels(**{level: f"[core]\n    analytics = false\n[cache]\n    type = {kind}\n" for level, kind in types.items()})
        dvc(self.theirs, "repro", "-q", env=env)
        expq(self.ours, "repro", env=env)
        self.assert_same()
        self.assertEqual(links(self.ours), links(self.theirs))

    @each(repo="repo", local="local", user="user")
    def test_a_folder_starts_at_its_file(self, level):
        self.repository(PIPE)
        env = self.levels(**{level: "[cache]\n    dir = ../near cache\n"})
        dvc(self.theirs, "repro", "-q", env=env)
        expq(self.ours, "repro", env=env)
        self.assert_same()
        self.assertEqual(os.path.exists(os.path.join(self.ours, "near cache/files/md5")), level != "user")

    @each(plain="", links="    type = hardlink\n", group="    shared = group\n")
    def test_a_remote_may_be_the_cache(self, more):
        self.repository(PIPE)
        env = self.levels(repo="[cache]\n    local = Big\n    type = symlink\n    dir = ../dir\n"
                               "['remote \"big\"']\n    url = ../big\n" + more)
        dvc(self.theirs, "repro", "-q", env=env)
        expq(self.ours, "repro", env=env)
        self.assert_same()
        self.assertEqual(links(self.ours), links(self.theirs))
        self.assertTrue(os.path.exists(os.path.join(self.ours, "big/files/md5")))

    def test_a_remote_that_is_the_cache_must_be_there(self):
        self.repository(PIPE)
        env = self.levels(repo="[cache]\n    local = big\n")
        for command in ("repro", "status", "checkout", "push"):
            self.assertNotEqual(dvc(self.theirs, command, env=env, ok=False).returncode, 0)
            self.assertEqual(expq(self.ours, command, env=env, ok=False).returncode, 2)
        self.assert_same()

    def test_a_user_may_have_a_remote(self):
        self.repository(PIPE, add=["in"])
        env = self.levels(user="[core]\n    remote = Mine\n['remote \"mine\"']\n    url = store\n")
        for program, root in ((dvc, self.theirs), (expq, self.ours)):
            program(root, "push", env=env)
            os.rename(os.path.join(self.dir, "user/store"), os.path.join(root, ".store"))
        self.assert_same()


class Settings(workbench.Case):
    def test_hardlink_lock(self):
        self.repository(PIPE, config=[("core.hardlink_lock", "true")])
        self.repro()

    def test_autostage(self):
        self.repository(PIPE, config=[("core.autostage", "true")])
        dvc(self.theirs, "repro", "-q")
        expq(self.ours, "repro")
        self.assertEqual(git(self.ours, "diff", "--cached", "--name-only"), git(self.theirs, "diff", "--cached", "--name-only"))
        self.assertEqual(git(self.ours, "status", "--porcelain"), git(self.theirs, "status", "--porcelain"))

    @each(core="[core]\n    interactive = false\n    checksum_jobs = 2\n    experiments = true\n",
          cache="[cache]\n    slow_link_warning = false\n    verify = true\n", exp="[exp]\n    code = src\n    metrics = m.json\n",
          feature="[feature]\n    machine = true\n", machine="['machine \"m\"']\n    cloud = aws\n", state="[state]\n    row_limit = 5\n",
          index="[index]\n    dir = ../elsewhere\n", remotes="['remote \"a\"']\n    url = s3://b/c\n    region = x\n    no_traverse = true\n"
          "    listobjects = true\n['remote \"b\"']\n    url = remote://a/deeper\n['remote \"c\"']\n    url = ssh://me@host:22/x\n    keyfile = k\n",
          studio="[studio]\n    token = t\n    offline = true\n", plots="[plots]\n    auto_open = false\n", db="['db \"d\"']\n    url = u\n    password = p\n",
          upper="[CORE]\n    Remote = X\n", list_of_links="[cache]\n    type = \"reflink, hardlink\"\n", comments="# c\n[core]  # d\n  # e\n    autostage = false  # f\n")
    def test_both_accept(self, text):
        self.repository({**PIPE, ".dvc/config": text})
        self.repro()

    @each(key="[core]\n    remot = x\n", section="[nonsense]\n    x = y\n", boolean="[core]\n    autostage = yes\n", link="[cache]\n    type = teleport\n",
          shared="[cache]\n    shared = all\n", jobs="[core]\n    checksum_jobs = 0\n", no_url="['remote \"a\"']\n    jobs = 3\n",
          other_kind="['remote \"a\"']\n    url = s3://b\n    keyfile = k\n", scheme="['remote \"a\"']\n    url = gopher://b\n",
          parsing="[parsing]\n    bool = maybe\n", no_section="x = y\n", broken="[core\n", semicolon="[core]\n    ; c\n", twice="[core]\n    remote = a\n    remote = b\n")
    def test_both_refuse(self, text):
        self.repository(PIPE)
        for root in (self.theirs, self.ours):
            write(root, ".dvc/config", text)
        self.assertNotEqual(dvc(self.theirs, "status", ok=False).returncode, 0)
        done = expq(self.ours, "status", ok=False)
        self.assertEqual(done.returncode, 2, done.text)
        self.assertIn(".dvc/config:", done.stderr)


class Secrets(workbench.Case):
    def test_nothing_personal_is_in_what_an_experiment_leaves(self):
        self.repository({**PIPE, "params.yaml": "p: 1\n"}, add=["in"])
        write(self.ours, ".dvc/config.local", "['remote \"s\"']\n    url = s3://bucket\n    secret_access_key = hush-hush\n")
        git(self.ours, "remote", "add", "origin", "https://me:hush-hush@localhost/x.git")
        expq(self.ours, "submit", "-n", "one", "-S", "p=2")
        expq(self.ours, "run-all")
        # DVC copies both files into its temporary folders.
        found = subprocess.run(["git", "cat-file", "--batch-all-objects", "--batch"], cwd=self.ours, check=True, capture_output=True).stdout
        self.assertNotIn(b"hush-hush", found)
        left = [p for p in pathlib.Path(self.ours, ".git/expq").rglob("*") if p.is_file() and b"hush-hush" in p.read_bytes()]
        self.assertEqual(left, [])
        self.assertIn("hush-hush", read(self.ours, ".dvc/config.local"))


class DvcQueue(workbench.Case):
    """What DVC has queued itself is listed, as what to type; nobody opens its pickles."""

    def test_what_is_listed_submits_the_same(self):
        self.repository({"params.yaml": "p: 1  # one\ndeep: {q: text, r: [1, 2]}\n", "conf/t.toml": "[a]\nb = 1\n", "dvc.yaml":
                         "stages:\n  s:\n    cmd: cat params.yaml conf/t.toml > out\n    params: [p, deep, conf/t.toml: [a]]\n    outs: [out]\n"})
        for overrides in (["p=2", "deep.q=a b"], ["+new.key=[1,{a: null}]", "~deep.r"], ["conf/t.toml:a.b=5,6"]):
            dvc(self.theirs, "exp", "run", "-q", "--queue", *(w for o in overrides for w in ("-S", o)))
        listed = expq(self.theirs, "queue", "--dvc").stdout
        self.assertIn("DVC has queued 4 experiments", expq(self.theirs, "queue").stderr)
        for line in listed.splitlines():
            if not line.startswith("#"):
                workbench.run(self.theirs, "sh", "-c", line.replace("expq", workbench.EXPQ, 1))
        dvc(self.theirs, "queue", "remove", "--all")
        queued = {e["name"]: e["params"] for e in json.loads(expq(self.theirs, "list", "--json").stdout)["experiments"]}
        self.assertEqual(len(queued), 4)
        found = [(p["params.yaml"]["p"], p["params.yaml"]["deep"].get("q"), "new" in p["params.yaml"], p["conf/t.toml"]["a"]["b"])
                 for p in queued.values()]
        self.assertEqual(sorted(found), sorted([(2, "a b", False, 1), (1, "text", True, 1), (1, "text", False, 5), (1, "text", False, 6)]))
