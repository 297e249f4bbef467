"""Train a network with one hidden layer, an epoch at a time, and keep the loss of each."""
import csv
import os
import pickle
import sys

import numpy as np
import yaml
from sklearn.neural_network import MLPClassifier

pixels_file, shape_file, model_file, loss_file = sys.argv[1:]
with open("params.yaml") as f:
    params = yaml.safe_load(f)["train"]

pixels, shape = np.load(pixels_file), np.load(shape_file)
x = np.hstack([pixels["train"], shape["train"]])
y = pixels["train_labels"]

model = MLPClassifier(
    hidden_layer_sizes=(params["units"],),
    learning_rate_init=params["lr"],
    batch_size=params["batch"],
    random_state=params["seed"],
)
for path in (model_file, loss_file):
    os.makedirs(os.path.dirname(path), exist_ok=True)
with open(loss_file, "w", newline="") as f:
    rows = csv.writer(f)
    rows.writerow(["epoch", "loss"])
    for epoch in range(1, params["epochs"] + 1):
        model.partial_fit(x, y, classes=np.arange(10))
        rows.writerow([epoch, f"{model.loss_:.6f}"])
        f.flush()
        if epoch % 10 == 0:
            print(f"epoch {epoch}: loss {model.loss_:.4f}", flush=True)
with open(model_file, "wb") as f:
    pickle.dump(model, f)
