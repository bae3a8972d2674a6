"""The Keras side of kerasInterop.test.ts.

In the folder given as argument, goes through the models named in tasks.json:
- "ours": `<name>.h5`, `<name>.keras` and `<name>.weights.h5` were saved by the library. Loads each,
  predicts, and goes on training.
- "theirs": builds the model of that name, trains it, saves it as `<name>.h5`, `<name>.keras` and
  `<name>.weights.h5`, predicts, and goes on training.
What Keras computed is written to results.json, for comparison.
"""
import json
import pathlib
import sys

import h5py
import keras
import numpy as np
from keras import layers

folder = pathlib.Path(sys.argv[1])
x = np.fromfile(folder / "images.bin", "float32").reshape(1000, 28, 28, 1)
labels = np.arange(1000) % 10


def convolutional():
    return keras.Sequential([
        layers.Input((28, 28, 1)),
        layers.Conv2D(4, 5, padding="same", activation="relu", kernel_regularizer="l2"),
        layers.AveragePooling2D(2),
        layers.BatchNormalization(),
        layers.Conv2D(6, (3, 5), strides=2, activation="tanh", kernel_initializer="he_normal"),
        layers.MaxPooling2D(2),
        layers.Activation("swish"),
        layers.Flatten(),
        layers.Dropout(0.0),
        layers.Dense(10, activation="softmax"),
    ])


def branches():
    image = layers.Input((28, 28, 1))
    flat = layers.Flatten()(layers.MaxPooling2D(4)(image))
    # Alphabetical order differs from the order of creation: weights must not be confused.
    left = layers.Dense(8, activation="sigmoid", name="z_left")(flat)
    right = layers.Dense(8, activation="elu", name="a_right")(flat)
    added = layers.Add()([left, right])
    joined = layers.Concatenate()([added, left])
    return keras.Model(image, layers.Dense(10, activation="softmax")(joined))


theirs = {
    "keras_convolutional": lambda: (convolutional(), keras.optimizers.Adam(0.01)),
    "keras_branches": lambda: (branches(), keras.optimizers.RMSprop(0.01, momentum=0.5)),
}


def restore_optimizer(model, path):
    """Restores the optimiser: Keras 3 does not do it from HDF5 files, not even its own."""
    optimizer = model.optimizer.from_config(model.optimizer.get_config())
    optimizer.build(model.trainable_variables)
    with h5py.File(path) as file:
        group = file["optimizer_weights"]
        iteration, *slots = [group[name][()] for name in group.attrs["weight_names"]]
    count, learning_rate, *variables = optimizer.variables
    assert len(variables) == len(slots), f"{len(slots)} slots for {[v.path for v in variables]}"
    count.assign(iteration)
    # The file is ordered by slot, Keras 3 by weight.
    weights = len(model.trainable_variables)
    for i, variable in enumerate(variables):
        slot_count = len(slots) // weights
        variable.assign(slots[(i % slot_count) * weights + i // slot_count])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["acc"])


def compute(model):
    predictions = model.predict(x, batch_size=1000, verbose=0)
    losses = [float(model.train_on_batch(x[:100], labels[:100])[0]) for _ in range(3)]
    return {"predictions": predictions.ravel().tolist(), "losses": losses}


def ours_loaded(name):
    path = folder / f"{name}.h5"
    model = keras.saving.load_model(path)
    restore_optimizer(model, path)
    return compute(model)


def ours_loaded_from_keras_file(name):
    # The file contains the optimiser.
    return compute(keras.saving.load_model(folder / f"{name}.keras"))


def ours_loaded_from_weights(name):
    model = keras.saving.load_model(folder / f"{name}.keras")
    model.compile(model.optimizer.from_config(model.optimizer.get_config()),
                  "sparse_categorical_crossentropy", metrics=["acc"])
    model.set_weights([w * 0 for w in model.get_weights()])
    model.optimizer.build(model.trainable_variables)
    model.load_weights(folder / f"{name}.weights.h5")
    return compute(model)


def theirs_saved(name):
    keras.utils.set_random_seed(1)
    model, optimizer = theirs[name]()
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["acc"])
    for _ in range(3):
        model.train_on_batch(x[:100], labels[:100])
    # In this order: saving as .h5 makes Keras 3.15 forget the optimiser's settings.
    model.save(folder / f"{name}.keras")
    model.save(folder / f"{name}.h5")
    model.save_weights(folder / f"{name}.weights.h5")
    return compute(model)


tasks = json.loads((folder / "tasks.json").read_text())
results = {name: ours_loaded(name) for name in tasks["ours"]}
results.update({f"{name}.keras": ours_loaded_from_keras_file(name) for name in tasks["ours"]})
results.update({f"{name}.weights.h5": ours_loaded_from_weights(name) for name in tasks["ours"]})
results.update({name: theirs_saved(name) for name in tasks["theirs"]})
(folder / "results.json").write_text(json.dumps(results))
