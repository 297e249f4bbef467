"""Features 2: how the ink is spread: sums over zones of the image and, if asked, gradients."""
import os
import sys

import numpy as np
import yaml

source, target = sys.argv[1:]
with open("params.yaml") as f:
    params = yaml.safe_load(f)["features"]["shape"]


def shape_features(images):
    grid = images.reshape(-1, 8, 8) / 16.0
    cell = 8 // params["zones"]
    zones = grid.reshape(-1, params["zones"], cell, params["zones"], cell).mean(axis=(2, 4))
    parts = [zones.reshape(len(grid), -1)]
    if params["edges"]:
        parts += [np.abs(np.diff(grid, axis=axis)).mean(axis=axis) for axis in (1, 2)]
    return np.hstack(parts)


out = {part: shape_features(np.load(os.path.join(source, part + ".npz"))["images"]) for part in ("train", "test")}
os.makedirs(os.path.dirname(target), exist_ok=True)
np.savez(target, **out)
print(f"{out['train'].shape[1]} shape features")
