"""One worker of a training that runs in several processes, on one machine or on several.

`npm run distribute` starts all workers on this machine. On several machines, start this program once
on each of them, with the same command line and an environment variable that lists the addresses of
all workers and the index of this one:

    export TF_CONFIG='{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]},
                       "task": {"type": "worker", "index": 0}}'
    python scripts/keras/distributed_training.py before.h5 after.h5 --data data/cache/mnist

Reads a compiled model for MNIST as lib/saving's `saveKerasH5` or Keras's `model.save` wrote it, continues
its training with the optimiser's state, and writes it for `loadKerasH5`. Each worker trains on its own
share of every batch; the gradients are summed over all of them, so all always have the same weights.

Keras 3 cannot do it: its `fit` fails on the values of MultiWorkerMirroredStrategy ("unsupported type
PerReplica", Keras 3.15 with TensorFlow 2.21). So this is Keras 2, whose package is now tf_keras.
"""

import argparse
import hashlib
import json
import os
import platform
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
import tf_keras


def arguments():
    parser = argparse.ArgumentParser(description="One worker of a distributed training on MNIST.")
    parser.add_argument("before", help="the model to continue training, a Keras .h5 file")
    parser.add_argument("after", help="where worker 0 writes the trained model")
    parser.add_argument("--data", type=Path, default=Path("data/cache/mnist"), help="the IDX files")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=64, help="of all workers together")
    parser.add_argument("--pictures", type=int, default=60_000, help="how many to train on")
    parser.add_argument("--seed", type=int, default=0, help="decides the order of the pictures")
    parser.add_argument("--report", type=Path, help="a JSON file for what this worker measured")
    return parser.parse_args()


def load(data, part, count):
    """Pictures float32 [n, 28, 28, 1], values 0 to 1, and class numbers, from the IDX files."""
    images = np.fromfile(data / f"{part}-images-idx3-ubyte", "uint8", offset=16)
    labels = np.fromfile(data / f"{part}-labels-idx1-ubyte", "uint8", offset=8)
    return images.reshape(-1, 28, 28, 1)[:count].astype("float32") / 255, labels[:count]


def batches(images, labels, batch_size, seed=None):
    """All workers make the same batches, in the same order; each then gets its own part of them."""
    dataset = tf.data.Dataset.from_tensor_slices((images, labels))
    if seed is not None:
        dataset = dataset.shuffle(len(images), seed=seed)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return dataset.batch(batch_size).with_options(options)


def save(model, path, worker):
    """All workers save, as TensorFlow requires; only the file of worker 0 is kept."""
    own = f"{path}.{worker}.tmp"
    model.save(own, save_format="h5")
    if worker == 0:
        os.replace(own, path)
    else:
        os.remove(own)


def main():
    options = arguments()
    # Connects the workers, which must come before anything else.
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    worker = strategy.cluster_resolver.task_id or 0
    train = load(options.data, "train", options.pictures)
    test = batches(*load(options.data, "t10k", 10_000), 1000)
    with strategy.scope():
        model = tf_keras.models.load_model(options.before)
        # A loaded "accuracy" compares the labels with the probabilities themselves; compiled again,
        # Keras recognises class numbers. Optimiser and state stay the same.
        model.compile(model.optimizer, model.loss, metrics=["accuracy"])

    steps_before = int(model.optimizer.iterations.numpy())
    before = model.evaluate(test, verbose=0, return_dict=True)
    started = time.perf_counter()
    history = model.fit(
        batches(*train, options.batch_size, options.seed), epochs=options.epochs, verbose=0
    ).history
    seconds = time.perf_counter() - started
    after = model.evaluate(test, verbose=0, return_dict=True)
    save(model, options.after, worker)

    report = {
        "worker": worker,
        "workers": strategy.num_replicas_in_sync,
        "process": os.getpid(),
        "stepsBefore": steps_before,
        "stepsAfter": int(model.optimizer.iterations.numpy()),
        "before": before,
        "history": history,
        "after": after,
        "seconds": round(seconds, 1),
        # Equal for all workers if they really trained the same model.
        "weights": hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights())).hexdigest(),
        "versions": {
            "tensorflow": tf.__version__,
            "tf_keras": tf_keras.__version__,
            "python": platform.python_version(),
        },
    }
    if options.report:
        options.report.write_text(json.dumps(report, indent=2) + "\n")
    print(f"worker {worker} of {report['workers']}: {before} -> {after}, {seconds:.1f} s")


if __name__ == "__main__":
    main()
