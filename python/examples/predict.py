"""Prints what scikit-learn predicts for the digits of a test set with the network of a checkpoint: predict.py IMAGE FOLDER."""

import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier

import downhill


def samples(path):
    rows = np.loadtxt(path, delimiter=",")
    return rows[:, :-1] / 16, rows[:, -1].astype(int)


def main():
    image, folder = map(Path, sys.argv[1:])
    # As it was before it went to the device; its weights do not matter, those of the device replace them.
    warnings.filterwarnings("ignore", message=".*[Cc]onverge")
    model = MLPClassifier(hidden_layer_sizes=(32,), activation="relu", max_iter=1)
    model.partial_fit(*samples(folder / "train.csv"), classes=range(10))
    downhill.to_sklearn(downhill.load_checkpoint(image), model)
    for row in model.predict_proba(samples(folder / "test.csv")[0]):
        print(*(repr(float(number)) for number in row))


if __name__ == "__main__":
    main()
