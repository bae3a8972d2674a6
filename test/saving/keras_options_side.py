"""The Keras side of kerasOptions.slow.test.ts.

In the folder given as argument, loads each file named in tasks.json, which the library saved in the
middle of a training, predicts, and trains two steps more. Loss and metrics of the steps, and the
predictions, are written to results.json.
"""
import json
import pathlib
import sys

import keras
import numpy as np

folder = pathlib.Path(sys.argv[1])
given = json.loads((folder / "tasks.json").read_text())


def array(described):
    return np.array(described["values"], "float32").reshape(described["shape"])


def result(task):
    model = keras.saving.load_model(folder / task["file"])
    if task["file"].endswith(".h5"):
        # Keras 3 cannot go on with the optimiser of an .h5 file, not even of its own.
        optimizer = model.optimizer.from_config(model.optimizer.get_config())
        optimizer.build(model.trainable_variables)
        model.optimizer = optimizer
    x, y = array(given["x"]), array(given["targets"][task["targets"]])
    predictions = model.predict(x, verbose=0).ravel().tolist()
    steps = []
    for _ in range(2):
        # Each step's metrics are of that step alone.
        logs = model.train_on_batch(x, y, return_dict=True)
        steps.append({name: float(value) for name, value in logs.items()})
        model.reset_metrics()
    return {"predictions": predictions, "steps": steps}


results = {}
for task in given["tasks"]:
    try:
        results[task["file"]] = result(task)
    except Exception as error:
        results[task["file"]] = {"error": f"{type(error).__name__}: {error}"[:600]}
(folder / "results.json").write_text(json.dumps(results))
