"""Notebook 03 in Python Keras: the same network, data and settings, trained once with each seed.

    python -m venv /tmp/keras
    /tmp/keras/bin/pip install --require-hashes -r scripts/keras/requirements.txt
    /tmp/keras/bin/python scripts/keras/fashion_lenet.py            seeds 0 to 4
    /tmp/keras/bin/python scripts/keras/fashion_lenet.py 0 1        some of them

Reads Fashion-MNIST from data/cache, where notebook 03 puts it. Writes
results/keras-fashion-lenet.json after each seed; the other seeds' entries stay.
"""

import json
import os
import platform
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

PROJECT = Path(__file__).resolve().parent.parent.parent
DATA = PROJECT / "data/cache/fashion-mnist"
RESULTS = PROJECT / "results/keras-fashion-lenet.json"
EPOCHS = 5


def load(part):
    """Pictures float32 [n, 28, 28, 1], values 0 to 255, and class numbers, from the IDX files."""
    images = np.fromfile(DATA / f"{part}-images-idx3-ubyte", "uint8", offset=16)
    labels = np.fromfile(DATA / f"{part}-labels-idx1-ubyte", "uint8", offset=8)
    return images.reshape(-1, 28, 28, 1).astype("float32"), labels


def lenet():
    model = keras.Sequential([
        layers.Input((28, 28, 1)),
        layers.Conv2D(6, 5, activation="sigmoid"),
        layers.MaxPool2D(2, strides=2),
        layers.Conv2D(16, 5, activation="sigmoid"),
        layers.MaxPool2D(2, strides=2),
        layers.Flatten(),
        layers.Dense(120, activation="sigmoid"),
        layers.Dense(84, activation="sigmoid"),
        layers.Dense(10, activation="sigmoid"),
    ])
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.9),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def run(seed, train, test):
    keras.utils.set_random_seed(seed)
    model = lenet()
    started = time.perf_counter()
    history = model.fit(*train, epochs=EPOCHS, validation_split=0.1, verbose=2).history
    seconds = time.perf_counter() - started
    loss, accuracy = model.evaluate(*test, verbose=2)
    return {
        "seed": seed,
        "epochs": EPOCHS,
        "loss": round(loss, 6),
        "accuracy": round(accuracy, 6),
        "seconds": round(seconds, 1),
        "lossByEpoch": [round(value, 4) for value in history["loss"]],
        "validationAccuracyByEpoch": [round(value, 4) for value in history["val_accuracy"]],
    }


def machine():
    """The processor's name from Linux; elsewhere from Python."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {"cpu": names[0] if names else platform.processor(), "cores": os.cpu_count()}


def store(result):
    """Adds a result; the file is replaced whole."""
    old = json.loads(RESULTS.read_text())["runs"] if RESULTS.exists() else []
    runs = [one for one in old if one["seed"] != result["seed"]] + [result]
    content = {
        "experiment": "LeNet on Fashion-MNIST: SGD 0.9, batches of 32, 5 epochs, "
        "validation_split 0.1, pixels 0 to 255",
        "script": "scripts/keras/fashion_lenet.py",
        "date": datetime.now(timezone.utc).date().isoformat(),
        "machine": machine(),
        "versions": {
            "keras": keras.version(),
            "tensorflow": tf.__version__,
            "python": platform.python_version(),
        },
        "runs": sorted(runs, key=lambda one: one["seed"]),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    temporary = RESULTS.with_suffix(".json.tmp")
    temporary.write_text(json.dumps(content, indent=2) + "\n")
    os.replace(temporary, RESULTS)


def main():
    seeds = [int(argument) for argument in sys.argv[1:]] or range(5)
    if not DATA.exists():
        sys.exit(f"{DATA} is not there. Run notebook 03 first: it downloads the data set.")
    train, test = load("train"), load("t10k")
    for seed in seeds:
        print(f"seed {seed}", flush=True)
        store(run(seed, train, test))


if __name__ == "__main__":
    main()
