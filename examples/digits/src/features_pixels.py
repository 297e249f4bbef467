"""Features 1: the pixels themselves, scaled to 0..1."""
import os
import sys

import numpy as np
import yaml

source, target = sys.argv[1:]
with open("params.yaml") as f:
    scale = yaml.safe_load(f)["features"]["pixels"]["scale"]

out = {}
for part in ("train", "test"):
    data = np.load(os.path.join(source, part + ".npz"))
    out[part] = data["images"] / scale
    out[part + "_labels"] = data["labels"]
os.makedirs(os.path.dirname(target), exist_ok=True)
np.savez(target, **out)
print(f"{out['train'].shape[1]} pixel features, largest value {out['train'].max():.3f}")
