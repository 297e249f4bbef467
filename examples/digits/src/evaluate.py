"""Measure the trained network on the images that it has not seen."""
import csv
import json
import os
import pickle
import sys

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, log_loss

model_file, pixels_file, shape_file, metrics_file, confusion_file = sys.argv[1:]
with open(model_file, "rb") as f:
    model = pickle.load(f)
pixels, shape = np.load(pixels_file), np.load(shape_file)
x = np.hstack([pixels["test"], shape["test"]])
actual = pixels["test_labels"]
predicted = model.predict(x)

metrics = {
    "acc": round(float(accuracy_score(actual, predicted)), 6),
    "f1": round(float(f1_score(actual, predicted, average="macro")), 6),
    "loss": round(float(log_loss(actual, model.predict_proba(x))), 6),
    "model": {"weights": int(sum(w.size for w in model.coefs_))},
}
with open(metrics_file, "w") as f:
    json.dump(metrics, f, indent=2)
    f.write("\n")
os.makedirs(os.path.dirname(confusion_file), exist_ok=True)
with open(confusion_file, "w", newline="") as f:
    rows = csv.writer(f)
    rows.writerow(["actual", "predicted"])
    rows.writerows(zip(actual.tolist(), predicted.tolist()))
print(f"accuracy {metrics['acc']:.4f}")
