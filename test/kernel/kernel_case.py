"""A kernel for a class of tests, and ways to run cells on it."""

import threading
import time
import unittest

from jupyter_client.manager import start_new_kernel

HOST = "const host = (globalThis as any)[Symbol.for('notebook.host')];\n"


def wait_until(condition, seconds):
    end = time.time() + seconds
    while not condition() and time.time() < end:
        time.sleep(0.05)
    return condition()


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class KernelCase(unittest.TestCase):
    """All tests run on one kernel, which must survive them."""

    @classmethod
    def setUpClass(cls):
        cls.manager, cls.client = start_new_kernel(kernel_name="tslab")
        # The manager, which sends the interrupts, counts its messages by itself: without this the
        # interrupts and the cells would have the same ids.
        cls.client.session.session = "cells"
        # The answers to requests during the kernel's start come first.
        cls.client.execute_interactive("", silent=True, timeout=120)
        cls.pid = cls.manager.provisioner.process.pid

    @classmethod
    def tearDownClass(cls):
        cls.client.stop_channels()
        cls.manager.shutdown_kernel()

    def run_cell(self, code, on_output=None):
        """Returns the cell's reply and its outputs as (message type, content)."""
        outputs = []

        def collect(message):
            if message["msg_type"] not in ("status", "execute_input"):
                outputs.append((message["msg_type"], message["content"]))
                if on_output:
                    on_output()

        reply = self.client.execute_interactive(
            code, stop_on_error=False, timeout=30, output_hook=collect
        )
        return reply["content"], outputs

    def printed(self, code, stream="stdout"):
        reply, outputs = self.run_cell(code)
        self.assertEqual(reply["status"], "ok", reply)
        return "".join(
            content["text"]
            for kind, content in outputs
            if kind == "stream" and content["name"] == stream
        )

    def error_of(self, code):
        """The only output of a failing cell: its error message. The reply says the same."""
        reply, outputs = self.run_cell(code)
        self.assertEqual(reply["status"], "error")
        self.assertEqual([kind for kind, _ in outputs], ["error"])
        error = outputs[0][1]
        for key in ("ename", "evalue", "traceback"):
            self.assertEqual(reply[key], error[key])
        return error, f"Cell [{reply['execution_count']}]"

    def interrupted(self, code):
        """The error of a cell that is interrupted while it runs, and the seconds until it ended."""
        sent = []

        def interrupt():
            sent.append(time.time())
            self.manager.interrupt_kernel()

        def interrupt_soon():
            if not sent:
                threading.Timer(0.2, interrupt).start()

        _, outputs = self.run_cell("console.log('started');\n" + code, interrupt_soon)
        seconds = time.time() - sent[0]
        self.assertEqual([kind for kind, _ in outputs], ["stream", "error"])
        return outputs[1][1], seconds
