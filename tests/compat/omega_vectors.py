"""Random texts in random documents, as OmegaConf.to_yaml writes them, and as test_common_params does.

usage: build/dvc/bin/python tests/compat/omega_vectors.py --test build/debug/tests/bin/test_common_params
       [--seed N] [--count N]
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

from omegaconf import OmegaConf

PIECES = [" ", " ", " ", " ", "  ", "word", "a", "lonnnnnnng", "'", '"', "\\", "\n", "\n\n", "\t", "#", ": ", ":", "- ", "-", "?", ",", "[", "}", "&", "*", "!", "%",
          "\u00e9", "\u65e5", "\u00a0", "\u0085", "\u2028", "\ufeff", "\ufffe", "\U0001f600", "\x07", "\x7f", "\r", "\0", "1", "0x", "e5", ".", "_", "true",
          "no", "null", "~", "---", "...", "2024-01-01", "=", "<<", "12:30", "@", "`", "|", ">", "+", "o7"]
SCALARS = [None, True, 0, -7, 12345678901234567890123, 1.0, 1e-5, 1e22, float("inf"), 0.1, [], {}]


class Maker:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def text(self):
        size = self.rng.choice([0, 1, 1, 2, 2, 3, 5, 20, 40, 60])
        pieces = self.rng.sample(PIECES, 5) if self.rng.random() < .7 else PIECES
        return "".join(self.rng.choice(pieces) if self.rng.random() < .7 else "word " for _ in range(size))

    def node(self, depth):
        kind = self.rng.randrange(9 if depth < 4 else 5)
        if kind < 4:
            return self.text().replace("${", "$")
        if kind == 4:
            return self.rng.choice(SCALARS)
        if kind < 7:
            return {self.key(): self.node(depth + 1) for _ in range(self.rng.randrange(4))}
        return [self.node(depth + 1) for _ in range(self.rng.randrange(4))]

    def key(self):
        return self.text() if self.rng.random() < .3 else self.rng.choice("abcdef") * self.rng.choice([1, 1, 1, 122, 123])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--test", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    options = parser.parse_args()
    maker, vectors = Maker(options.seed), []
    for _ in range(options.count):
        value = {"k": maker.node(0), maker.key(): maker.node(0)}
        vectors.append({"value": value, "yaml": OmegaConf.to_yaml(OmegaConf.create(value, flags={"allow_objects": True}))})
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(vectors, file)
        file.flush()
        print(f"seed {options.seed}: {len(vectors)} documents", flush=True)
        return subprocess.call([options.test, "--gtest_filter=OmegaYaml.*"], env={**os.environ, "EXPQ_OMEGA_VECTORS": file.name})


if __name__ == "__main__":
    sys.exit(main())
