"""Two copies of one repository that take the same steps; what ran, and what is left, is compared."""
import json
import os
import pathlib
import shutil

import workbench
from workbench import dvc, expq

COPY = "  {0}:\n    cmd: cp {1} {0}; echo {0} >> log\n    deps: [{1}]\n    outs: [{0}]\n".format


def stages(*texts):
    return "stages:\n" + "".join(texts)


class Twins(workbench.Case):
    """Steps that both take; `log` (ignored by git) tells which commands ran."""

    def both(self, step):
        for root in (self.theirs, self.ours):
            step(root)

    def remove(self, *paths):
        def step(root):
            for path in paths:
                full = os.path.join(root, path)
                shutil.rmtree(full) if os.path.isdir(full) and not os.path.islink(full) else os.remove(full)
        self.both(step)

    def ran(self, root):
        log = pathlib.Path(root, "log")
        words = log.read_text().split() if log.exists() else []
        if words:
            log.unlink()
        return words

    def reproduce(self, *args, clean=None, ordered=False, env=None):
        """Both succeed or fail alike, run the same commands, and leave the same files."""
        theirs = dvc(self.theirs, "repro", *args, ok=False, env=env)
        ours = expq(self.ours, "repro", "-j", "1", *args, ok=False, env=env)
        self.assertEqual(ours.returncode == 0, theirs.returncode == 0, theirs.text + ours.text)
        ran = [self.ran(self.ours), self.ran(self.theirs)]
        if not ordered:
            ran = [sorted(words) for words in ran]
        self.assertEqual(*ran, theirs.text + ours.text)
        self.assert_same()
        if clean:
            self.assert_clean_for_dvc(self.ours)
            self.assert_clean_for_expq(self.theirs)
        return ran[0]

    def dirty(self):
        """The names that each program finds changed, on its own copy; they must agree."""
        theirs = json.loads(dvc(self.theirs, "status", "--json").stdout)
        ours = {s["stage"]: s["reasons"] for s in self.expq_status(self.ours) if s["reasons"]}
        # What merely follows a stage that would run is no change for DVC.
        own = {n for n, reasons in ours.items() if any(not r.startswith("upstream stage") for r in reasons)}
        self.assertEqual(own, set(theirs))
        return theirs, ours

    def dvc_words(self, status, name, section):
        return {path: word for part in status[name] if isinstance(part, dict) for path, word in part.get(section, {}).items()}
