"""One measurement of Python Keras, on the backend KERAS_BACKEND: tensorflow or jax."""

import json
import sys
import time

import keras
import numpy as np
from keras import layers

from measurement import (
    INFERENCE_ROWS,
    batch_size,
    measure,
    network,
    read_data,
    read_weights,
    settings,
    task,
)

on_tensorflow = keras.backend.backend() == "tensorflow"
jit_compile = False if task.get("setting") == "jit_compile=False" else "auto"


class ScaledDense(layers.Layer):
    """A dense layer that multiplies its weights by 0.01 wherever it uses them, as article 003."""

    def __init__(self, units, activation=None):
        super().__init__()
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units))
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros")

    def call(self, inputs):
        return self.activation(keras.ops.matmul(inputs, self.kernel * 0.01) + self.bias)


def mlp():
    return [
        layers.Flatten(),
        layers.Dense(1000, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


def lenet5():
    return [
        layers.Conv2D(6, 5, padding="same", activation="sigmoid"),
        layers.AveragePooling2D(2, strides=2),
        layers.Conv2D(16, 5, activation="sigmoid"),
        layers.AveragePooling2D(2, strides=2),
        layers.Conv2D(120, 5, activation="sigmoid"),
        layers.Flatten(),
        layers.Dense(84, activation="sigmoid"),
        layers.Dense(10, activation="softmax"),
    ]


def lenet():
    return [
        layers.Conv2D(6, 5, activation="sigmoid"),
        layers.MaxPooling2D(2, strides=2),
        layers.Conv2D(16, 5, activation="sigmoid"),
        layers.MaxPooling2D(2, strides=2),
        layers.Flatten(),
        layers.Dense(120, activation="sigmoid"),
        layers.Dense(84, activation="sigmoid"),
        # On TensorFlow, Keras computes the loss from the sigmoid's input, on JAX from its output,
        # which is another loss. Without the sigmoid both compute the same.
        layers.Dense(10, activation="sigmoid" if on_tensorflow else None),
    ]


def cnn():
    return [
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2, strides=2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2, strides=2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


def from_scratch():
    return [
        layers.Conv2D(6, 5, activation="relu"),
        layers.AveragePooling2D(2, strides=2),
        layers.Conv2D(16, 5, activation="relu"),
        layers.AveragePooling2D(2, strides=2),
        layers.Flatten(),
        ScaledDense(120, activation="relu"),
        ScaledDense(84, activation="relu"),
        ScaledDense(10),
    ]


def lstm():
    return [layers.LSTM(128), layers.Dense(10, activation="softmax")]


def gru():
    return [layers.GRU(128), layers.Dense(10, activation="softmax")]


networks = {
    "mlp": mlp,
    "lenet5": lenet5,
    "lenet": lenet,
    "cnn": cnn,
    "from-scratch": from_scratch,
    "lstm": lstm,
    "gru": gru,
}


def resnet():
    """The network of residualNetwork.ts."""
    inputs = layers.Input(settings["picture"])

    def convolution(x, filters, size=3):
        return layers.Conv2D(filters, size, padding="same", use_bias=False)(x)

    x = layers.ReLU()(layers.BatchNormalization()(convolution(inputs, 16)))
    for index, filters in enumerate([16, 32, 64]):
        source = x if index == 0 else layers.AveragePooling2D(2)(x)
        inner = layers.ReLU()(layers.BatchNormalization()(convolution(source, filters)))
        outer = layers.BatchNormalization()(convolution(inner, filters))
        shortcut = source if index == 0 else convolution(source, filters, 1)
        x = layers.ReLU()(layers.Add()([outer, shortcut]))
    outputs = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, outputs)
    weights = iter(read_weights())
    for layer in model.layers:
        if isinstance(layer, (layers.Conv2D, layers.Dense)):
            layer.set_weights([next(weights) for _ in layer.get_weights()])
    return model


def make_model():
    if network == "resnet":
        return resnet()
    model = keras.Sequential([layers.Input(settings["picture"]), *networks[network]()])
    model.set_weights(read_weights())
    return model


def make_optimizer():
    name, learning_rate = settings["optimizer"]["name"], settings["optimizer"]["learningRate"]
    return {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[name](learning_rate)


def make_loss():
    from_logits = network == "from-scratch" or (network == "lenet" and not on_tensorflow)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)


class EpochEnd(keras.callbacks.Callback):
    def __init__(self, epoch_end):
        super().__init__()
        self.epoch_end = epoch_end

    def on_epoch_end(self, epoch, logs):
        self.epoch_end(logs["loss"])


class Fit:
    """Keras's own fit, evaluate and predict."""

    def __init__(self):
        self.model = make_model()
        self.model.compile(
            optimizer=make_optimizer(),
            loss=make_loss(),
            # This network is compared with explicit steps, which compute only the loss.
            metrics=[] if network == "from-scratch" else ["accuracy"],
            jit_compile=jit_compile,
        )
        self.ways_to_predict_one = [lambda x: self.predict(x, 1), self.model.predict_on_batch]

    def fit(self, x, y, epoch_end):
        self.model.fit(
            x,
            y,
            batch_size=batch_size,
            epochs=2,
            shuffle=False,
            verbose=0,
            callbacks=[EpochEnd(epoch_end)],
        )

    def evaluate(self, x, y):
        scores = self.model.evaluate(x, y, batch_size=INFERENCE_ROWS, verbose=0, return_dict=True)
        return scores["loss"]

    def predict(self, x, rows):
        return self.model.predict(x, batch_size=rows, verbose=0)


class GradientTapeLoop:
    """A training loop by hand: each step one tf.function."""

    def __init__(self):
        import tensorflow as tf

        model, optimizer, loss = make_model(), make_optimizer(), make_loss()
        optimizer.build(model.trainable_variables)

        @tf.function
        def train(x, y):
            with tf.GradientTape() as tape:
                value = loss(y, model(x, training=True))
            gradients = tape.gradient(value, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
            return value

        @tf.function
        def test(x, y):
            return loss(y, model(x, training=False))

        @tf.function
        def answer(x):
            return tf.nn.softmax(model(x, training=False))

        self.train, self.test, self.answer = train, test, answer
        self.ways_to_predict_one = [lambda x: self.predict(x, 1)]

    def fit(self, x, y, epoch_end):
        for _ in range(2):
            epoch_end(mean_loss(self.train, x, y, batch_size))

    def evaluate(self, x, y):
        return mean_loss(self.test, x, y, INFERENCE_ROWS)

    def predict(self, x, rows):
        batches = range(0, len(x), rows)
        return np.concatenate([self.answer(x[start : start + rows]).numpy() for start in batches])


def mean_loss(step, x, y, size):
    """Runs the step for every batch, in order; returns the mean loss over all rows."""
    total = 0.0
    for start in range(0, len(x), size):
        rows = slice(start, start + size)
        total += float(step(x[rows], y[rows])) * len(y[rows])
    return total / len(y)


def versions():
    found = {"keras": keras.version()}
    if on_tensorflow:
        import tensorflow

        return {**found, "tensorflow": tensorflow.__version__}
    import jax

    return {**found, "jax": jax.__version__}


def train_whole(whole):
    """The whole training of a notebook, with everything before it; see wholeTraining.ts."""
    side = Fit()
    prefix = "" if whole["data"] == "mnist" else f"{whole['data']}-"
    train, test = read_data(f"{prefix}train", 60_000), read_data(f"{prefix}test", 10_000)
    side.model.fit(
        *train,
        batch_size=batch_size,
        epochs=whole["epochs"],
        verbose=0,
        validation_data=test if whole["validation"] == "test" else None,
        validation_split=0.1 if whole["validation"] == "split" else 0.0,
    )
    scores = side.model.evaluate(*test, batch_size=batch_size, verbose=0, return_dict=True)
    seconds = time.time() - task["startedAt"] / 1000
    print(json.dumps({"seconds": seconds, "accuracy": scores["accuracy"], "versions": versions()}))


if "whole" in task:
    train_whole(task["whole"])
    sys.exit()
measure(GradientTapeLoop() if task["side"] == "tensorflow" else Fit(), versions())
