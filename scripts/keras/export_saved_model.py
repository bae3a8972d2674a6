"""Converts a Keras .h5 file, as `saveKerasH5` of lib/saving writes it, for TensorFlow Serving.

    .cache/distributed/bin/python scripts/keras/export_saved_model.py model.h5 serving/mnist/1

The last folder is the model's version, a number: TensorFlow Serving takes the highest. The
environment is the one that `npm run distribute` makes. Checks what it wrote: loads it without Keras,
predicts 1,000 random inputs, and compares the outputs with those of the model.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf


def main():
    if len(sys.argv) != 3 or not Path(sys.argv[2]).name.isdigit():
        sys.exit("Usage: export_saved_model.py model.h5 FOLDER/VERSION, where VERSION is a number.")
    source, target = sys.argv[1:]
    if Path(target).exists():
        sys.exit(f"{target} exists already: a served version is not changed. Use a higher number.")
    model = keras.saving.load_model(source, compile=False)
    model.export(target, verbose=False)

    served = tf.saved_model.load(target).signatures["serving_default"]
    (name, input_spec), = served.structured_input_signature[1].items()
    (output, output_spec), = served.structured_outputs.items()
    inputs = np.random.default_rng(0).random((1000, *model.input_shape[1:]), "float32")
    answers = served(**{name: tf.constant(inputs)})[output].numpy()
    difference = float(np.abs(answers - model.predict(inputs, verbose=0)).max())
    print(json.dumps({
        "signature": "serving_default",
        "input": {"name": name, "shape": input_spec.shape.as_list(), "dtype": input_spec.dtype.name},
        "output": {"name": output, "shape": output_spec.shape.as_list(), "dtype": output_spec.dtype.name},
        "largestDifferenceFromKeras": difference,
        "versions": {"keras": keras.version(), "tensorflow": tf.__version__},
    }, indent=2))
    if difference > 1e-5:
        sys.exit("The outputs of the SavedModel differ from the model's.")


if __name__ == "__main__":
    main()
