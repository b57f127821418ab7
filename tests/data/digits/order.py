"""The original order of the digits: `python order.py`, with scikit-learn 1.9.1, writes `order.csv`.

A line is an image, in the order in which UCI has them: its file (0: train.csv, 1: test.csv), its line there, counted from
0, and the form it is from, counted from 0.

Who wrote an image is not recorded. UCI says that people wrote digits on a preprinted form, 13 of them for this part of the
data. The labels, in the original order, are one sequence of 130 digits 14 times over, with 23 digits missing here and there
and one that differs: so there are 14 forms, one of which may be a second one of the same person. The script prints what
speaks for one writer per form:

- the nearest image of the same digit is mostly from the same form, which would be rare if forms had no style;
- of all places, those where the style of the digits changes most are the beginnings of the forms.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

HERE = Path(__file__).parent
FORMS = 14
LENGTH = 130  # The first form is complete.


def forms(labels):
    """The form of each label: an alignment with the repeated sequence, where skipping one of its digits costs 1."""
    printed = np.tile(labels[:LENGTH], FORMS)
    other = 5  # The cost of a label that differs.
    costs = np.zeros((len(labels) + 1, len(printed) + 1), int)
    costs[:, 0] = np.arange(len(labels) + 1) * 1000
    costs[0] = np.arange(len(printed) + 1)
    for i, label in enumerate(labels, 1):
        here = costs[i - 1, :-1] + np.where(printed == label, 0, other)
        for j in range(1, len(printed) + 1):
            costs[i, j] = min(here[j - 1], costs[i, j - 1] + 1)
    result, j, different = np.zeros(len(labels), int), len(printed), 0
    for i in range(len(labels), 0, -1):
        while costs[i, j] == costs[i, j - 1] + 1:
            j -= 1
        different += printed[j - 1] != labels[i - 1]
        j -= 1
        result[i - 1] = j // LENGTH
    print(f"{len(printed) - len(labels)} digits missing, {different} other than in the sequence")
    return result


def same(images, labels, of):
    """How often the nearest image of the same digit is from the same form."""
    hits = 0
    for i, (image, label) in enumerate(zip(images, labels)):
        others = np.flatnonzero((labels == label) & (np.arange(len(labels)) != i))
        nearest = others[((images[others] - image) ** 2).sum(1).argmin()]
        hits += of[nearest] == of[i]
    return 100 * hits / len(labels)


def changes(images, labels, width=60, apart=30):
    """Where the mean images of the digits before and after differ most, more than anywhere near."""
    scores = np.zeros(len(labels))
    for at in range(width, len(labels) - width):
        before, after = np.arange(at - width, at), np.arange(at, at + width)
        differences = []
        for digit in range(10):
            a, b = before[labels[before] == digit], after[labels[after] == digit]
            if len(a) > 1 and len(b) > 1:
                differences.append(((images[a].mean(0) - images[b].mean(0)) ** 2).sum())
        scores[at] = np.mean(differences)
    places = range(width + apart, len(labels) - width - apart)
    return [at for at in places if scores[at] == scores[at - apart : at + apart + 1].max()]


def main():
    images, labels = load_digits(return_X_y=True)
    images = images.astype(int)
    of = forms(labels)
    print("images per form:", *np.bincount(of))
    print("forms begin at:      ", *np.flatnonzero(np.diff(of)) + 1)
    print("the style changes at:", *changes(images, labels))
    print(f"nearest image of the same digit from the same form: {same(images, labels, of):.1f} %")
    drawn, shuffled = np.random.default_rng(1), of.copy()
    for digit in range(10):
        of_digit = np.flatnonzero(labels == digit)
        shuffled[of_digit] = of[drawn.permutation(of_digit)]
    print(f"the same, with the forms of each digit shuffled: {same(images, labels, shuffled):.1f} %")

    places = {}
    for file, name in enumerate(["train.csv", "test.csv"]):
        for row, line in enumerate((HERE / name).read_text().splitlines()):
            places.setdefault(line, []).append((file, row))
    assert all(len(found) == 1 for found in places.values()), "images that are equal"
    lines = []
    for image, label, form in zip(images, labels, of):
        ((file, row),) = places.pop(",".join(map(str, [*image, label])))
        lines.append(f"{file},{row},{form}\n")
    assert not places, "images that are not in the original"
    (HERE / "order.csv").write_text("".join(lines))


main()
