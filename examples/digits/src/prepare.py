"""Split the digits into a training and a test set: CSV in, two arrays out."""
import os
import sys

import numpy as np
import yaml
from sklearn.model_selection import train_test_split

source, target = sys.argv[1:]
with open("params.yaml") as f:
    params = yaml.safe_load(f)["prepare"]

table = np.loadtxt(source, delimiter=",", skiprows=1, dtype=np.int64)
images, labels = table[:, 1:], table[:, 0]
train, test = train_test_split(
    np.arange(len(labels)), test_size=params["test_size"], random_state=params["seed"], stratify=labels
)
os.makedirs(target, exist_ok=True)
np.savez(os.path.join(target, "train.npz"), images=images[train], labels=labels[train])
np.savez(os.path.join(target, "test.npz"), images=images[test], labels=labels[test])
print(f"{len(train)} images to train with, {len(test)} to test with")
