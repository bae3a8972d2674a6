"""Shows figures in one kernel, one a cell, and prints what the kernel held before and after, as JSON.

Arguments: how many to warm up, how many afterwards.
"""

import json
import pathlib
import sys

from jupyter_client.manager import start_new_kernel

PROJECT = pathlib.Path(__file__).resolve().parents[2]

SET_UP = f"""
import {{ plots }} from {json.dumps(str(PROJECT / "lib"))};
const {{ measure }} = require({json.dumps(str(PROJECT / "build/test/soak/measures.js"))});
require('node:v8').setFlagsFromString('--expose-gc');
globalThis.gc = require('node:vm').runInNewContext('gc');
"""

SHOW = """
await plots.show(plots.lossCurves({{
  epoch: [0, 1, 2],
  history: {{ loss: [{0}, 0.5, 0.25], val_loss: [{0}, 0.75, 0.5] }},
}}));
"""


class Kernel:
    def __init__(self):
        self.manager, self.client = start_new_kernel(kernel_name="tslab")

    def run(self, code):
        """The outputs of a cell that has to succeed."""
        outputs = []
        reply = self.client.execute_interactive(
            code, timeout=120, output_hook=lambda message: outputs.append(message)
        )
        if reply["content"]["status"] != "ok":
            sys.exit(f"{code}\n{reply['content']}")
        return [message["content"] for message in outputs]

    def measure(self):
        outputs = self.run("console.log(JSON.stringify(await measure()));")
        return json.loads("".join(content.get("text", "") for content in outputs))

    def show_figures(self, count):
        for number in range(count):
            outputs = self.run(SHOW.format(number))
            pictures = [content for content in outputs if "image/png" in content.get("data", {})]
            if len(pictures) != 1:
                sys.exit(f"The figure {number} was not shown: {outputs}")

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel()


def main(warm_up, count):
    kernel = Kernel()
    try:
        kernel.run(SET_UP)
        kernel.show_figures(warm_up)
        before = kernel.measure()
        kernel.show_figures(count)
        print(json.dumps({"before": before, "after": kernel.measure()}))
    finally:
        kernel.stop()


main(int(sys.argv[1]), int(sys.argv[2]))
