"""Params written by -S and composed by Hydra: the same values, and for a composition the same bytes."""
import json
import os

import workbench
from workbench import dvc, expq, git, write

STAGES = "stages:\n  look:\n    cmd: cat params.yaml > seen.txt\n    params:\n    - params.yaml:\n    outs:\n    - seen.txt:\n        cache: false\n"

CONF = {
    "dvc.yaml": STAGES,
    "params.yaml": "old: 1\n",
    "conf/config.yaml": "defaults:\n  - model: small\n  - data@train: a\n  - data@test: b\n  - optional extra: none\n  - _self_\n"
                        "  - override model/opt: adam\nlr: 1e-3\nname: ${model.size}-${oc.env:HYDRA_WHO,nobody}\nhydra:\n  run:\n    dir: .\n",
    "conf/model/small.yaml": "defaults:\n  - opt: sgd\nsize: 010\nbias: yes\nlist: [1, 1e-5, on]\n",
    "conf/model/big.yaml": "defaults:\n  - opt: sgd\n  - _self_\nsize: 0x10\nopt:\n  extra: null\n",
    "conf/model/opt/sgd.yaml": "momentum: 0.9\n",
    "conf/model/opt/adam.yaml": "# @package _global_.optimizer\nbetas: [0.9, 0.999]\nkind: 'no'\n",
    "conf/data/a.yaml": "path: a b\nwhen: 2024-01-01\n",
    "conf/data/b.yaml": "path: \"it's: b\"\n",
}


class Hydra(workbench.Case):
    def setUp(self):
        super().setUp()
        self.begin("start", lambda: self.repository(CONF, config=[("hydra.enabled", "True")]))

    def seen(self, root):
        ref = git(root, "for-each-ref", "--format=%(refname)", "refs/exps").split()
        ref = next(r for r in ref if r.endswith("/one"))
        return git(root, "show", f"{ref}:params.yaml"), git(root, "show", f"{ref}:seen.txt"), git(root, "show", f"{ref}:dvc.lock")

    @workbench.each(plain=(), group=("model=big",), values=("lr=1e-5", "+new.deep=[1,{a: b}]", "~name"),
                    package=("data@train=b", "~data@test"), added=("+data=b", "model.list=null", "++model.bias=off"))
    def test_composes_the_same_params(self, *overrides):
        options = [word for override in overrides for word in ("-S", override)]
        env = {"HYDRA_WHO": "me"}
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one", *options, env=env)
        expq(self.ours, "run", "-n", "one", *options, env=env)
        self.assertEqual(self.seen(self.ours), self.seen(self.theirs))

    @workbench.each(option="model=huge", key="no_such=1", group="extra=none")
    def test_refuses_the_same(self, *overrides):
        options = [word for override in overrides for word in ("-S", override)]
        self.assertNotEqual(dvc(self.theirs, "exp", "run", "--temp", *options, ok=False).returncode, 0)
        self.assertEqual(expq(self.ours, "submit", *options, ok=False).returncode, 2)

    def test_is_what_templates_mean(self):
        stages = STAGES.replace("cat params.yaml", "echo ${model.size} ${more}; cat params.yaml")
        for root in (self.ours, self.theirs):
            write(root, "dvc.yaml", stages)
            git(root, "commit", "-qam", "templates")
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one", "-S", "model=big", "-S", "+more=x")
        expq(self.ours, "run", "-n", "one", "-S", "model=big", "-S", "+more=x")
        self.assertEqual(self.seen(self.ours), self.seen(self.theirs))

    @workbench.each(beside=("other.json:k=2", "model=big"), alone=("other.json:+n.m=[1]",), below=("../other.json:k=3", "model=big"))
    def test_other_files_are_edited_beside_it(self, *overrides):
        options = [word for override in overrides for word in ("-S", override)]
        folder = "sub" if overrides[0].startswith("../") else "."
        for root in (self.ours, self.theirs):
            write(root, "other.json", '{"k": 1}\n')
            write(root, "sub/dvc.yaml", STAGES)
            write(root, "sub/params.yaml", "sub: 1\n")
            git(root, "add", ".")
            git(root, "commit", "-qm", "other")
        dvc(os.path.join(self.theirs, folder), "exp", "run", "-q", "--temp", "-n", "one", *options)
        expq(os.path.join(self.ours, folder), "run", "-n", "one", *options)
        trees = []
        for root in (self.ours, self.theirs):
            ref = next(r for r in git(root, "for-each-ref", "--format=%(refname)", "refs/exps").split() if r.endswith("/one"))
            texts = [git(root, "show", f"{ref}:{file}") for file in ("params.yaml", "sub/params.yaml", "dvc.lock" if folder == "." else "sub/dvc.lock")]
            trees.append((*texts, json.loads(git(root, "show", f"{ref}:other.json"))))
        self.assertEqual(*trees)

    def test_a_sweep_is_queued_and_not_run(self):
        self.assertNotEqual(dvc(self.theirs, "exp", "run", "-S", "model=big,small", ok=False).returncode, 0)
        self.assertEqual(expq(self.ours, "run", "-S", "model=big,small", ok=False).returncode, 2)
