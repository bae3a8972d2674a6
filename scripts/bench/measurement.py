"""Shared by the Python sides: reading the task and the data, timing, the answer.

The task, the data and the answer are described in measurement.ts and prepare.ts.
"""

import json
import resource
import statistics
import sys
import time
from pathlib import Path

import numpy as np

TEST_PICTURES = 10_000
# Rows per batch of evaluation and prediction: faster on all sides than those of the training.
INFERENCE_ROWS = 250

task = json.loads(sys.argv[1])
network = task["network"]
batch_size = task["batchSize"]
folder = Path(task["folder"])
settings = json.loads((folder / "manifest.json").read_text())[network]


def read_weights():
    values = np.fromfile(folder / f"{network}.weights", "float32")
    ends = np.cumsum([np.prod(shape) for shape in settings["weights"]])
    parts = np.split(values, ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, settings["weights"])]


def read_data(part, count):
    pixels = np.fromfile(folder / f"{part}-images", "uint8", count=count * 784)
    labels = np.fromfile(folder / f"{part}-labels", "uint8", count=count)
    if settings["picture"][-1] == 3:
        # With a border of 2, as three channels.
        bordered = np.pad(pixels.reshape(count, 28, 28), ((0, 0), (2, 2), (2, 2)))
        pixels = np.repeat(bordered[..., None], 3, axis=-1)
    images = pixels.reshape(count, *settings["picture"]).astype("float32") / settings["divisor"]
    return images, labels.astype("int32")


class Training:
    """Records the end and the loss of each epoch."""

    def __init__(self):
        self.losses = []
        self.ends = []
        self.start = time.perf_counter()

    def epoch_end(self, loss):
        if not self.ends:
            self.start_to_first_epoch = time.time() - task["startedAt"] / 1000
        self.ends.append(time.perf_counter())
        self.losses.append(float(loss))

    def result(self):
        first, second = self.ends
        return {
            "startToFirstEpoch": self.start_to_first_epoch,
            "firstEpoch": first - self.start,
            "secondEpoch": second - first,
            "losses": self.losses,
        }


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def latency(predict):
    """Median of 200 calls, after ten warm-up calls."""
    return statistics.median([seconds(predict) for _ in range(210)][10:])


def peak_memory():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def measure(side, versions):
    """Measures a side and prints the result.

    The side has fit(x, y, epoch_end), evaluate(x, y), which returns the mean loss, predict(x, rows) with
    rows per batch, and ways_to_predict_one, functions of one picture, of which the fastest counts.
    """
    train = read_data("train", task["steps"] * batch_size)
    test = read_data("test", TEST_PICTURES)
    training = Training()
    side.fit(*train, training.epoch_end)
    losses = []
    result = {
        **training.result(),
        "evaluate": [seconds(lambda: losses.append(side.evaluate(*test))) for _ in range(2)],
        "evaluateLoss": float(losses[-1]),
        "predict": [seconds(lambda: side.predict(test[0], INFERENCE_ROWS)) for _ in range(2)],
        "predictOne": min(
            latency(lambda: predict(test[0][:1])) for predict in side.ways_to_predict_one
        ),
        "predictBatches": [seconds(lambda: side.predict(test[0], batch_size)) for _ in range(2)][1],
        "peakMemory": peak_memory(),
        "versions": {"python": sys.version.split()[0], **versions},
    }
    print(json.dumps(result))
