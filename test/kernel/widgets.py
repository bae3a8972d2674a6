"""Widgets, as a front end sees them through comms."""

import queue
import time
import unittest

from kernel_case import KernelCase

INTERACT = """
await widgets.interact({ size: widgets.slider(0, 9, { step: 1 }) }, async ({ size }) => {
  console.log(`called with ${size}`);
  if (size === 1) { while (true) {} }
  if (size === 2) { await new Promise(() => {}); }
  return `size ${size}`;
});"""


class Widgets(KernelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The tests run in a folder of build/.
        reply = cls.client.execute_interactive(
            "import { models, plots, saving, widgets } from '../../lib';", timeout=120
        )
        assert reply["content"]["status"] == "ok", reply

    def run_cell_as(self, cell_id, code, deleted=()):
        """Runs a cell as JupyterLab does, with its number; returns its outputs."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        metadata = {"cellId": cell_id, "deletedCells": list(deleted)}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        return self.outputs_until_idle(message["header"]["msg_id"])

    def outputs_until_idle(self, sent):
        outputs = []
        while True:
            message = self.client.get_iopub_msg(timeout=30)
            content = message["content"]
            if message["parent_header"].get("msg_id") == sent:
                if content.get("execution_state") == "idle":
                    return outputs
            if message["msg_type"] not in ("status", "execute_input"):
                outputs.append((message["msg_type"], content, message["parent_header"]["msg_id"]))

    def next_output(self, kind, seconds=30):
        end = time.time() + seconds
        while time.time() < end:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except queue.Empty:
                continue
            if message["msg_type"] == kind:
                return message
        self.fail(f"no {kind} within {seconds} s")

    def open_widgets(self):
        sent = self.client.comm_info("jupyter.widget")
        while True:
            reply = self.client.get_shell_msg(timeout=30)
            if reply["parent_header"]["msg_id"] == sent:
                return set(reply["content"]["comms"])

    def move(self, comm, value):
        content = {"comm_id": comm, "data": {"method": "update", "state": {"value": value}}}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))

    def start(self, cell_id="c1", code=INTERACT):
        outputs = self.run_cell_as(cell_id, code)
        opened = [content for kind, content, _ in outputs if kind == "comm_open"]
        slider = next(one for one in opened if one["data"]["state"].get("min") == 0)
        return slider["comm_id"], outputs

    def shows(self, text):
        end = time.time() + 30
        while time.time() < end:
            content = self.next_output("update_display_data")["content"]
            if content["data"].get("text/plain") == text:
                return
        self.fail(f"never shown: {text}")

    def test_a_slider(self):
        slider, outputs = self.start()
        shown = [content["data"] for kind, content, _ in outputs if kind == "display_data"]
        self.assertIn("application/vnd.jupyter.widget-view+json", shown[0])
        self.assertEqual([data["text/plain"] for data in shown[1:]], ["size 0", "size: 0"])
        self.assertNotIn("execute_result", [kind for kind, _, _ in outputs])
        self.move(slider, 4)
        printed = self.next_output("stream")
        self.assertEqual(printed["content"]["text"], "called with 4\n")
        self.assertEqual(printed["parent_header"]["msg_id"], outputs[-1][2], "goes to its own cell")
        self.shows("size 4")

    def test_nothing_is_left_when_a_cell_is_run_again_or_deleted(self):
        before = self.open_widgets()
        self.start("again")
        first = self.open_widgets() - before
        self.assertEqual(len(first), 2)
        self.start("again")
        second = self.open_widgets() - before
        self.assertEqual(len(second), 2)
        self.assertEqual(first & second, set())
        self.run_cell_as("other", "1", deleted=["again"])
        self.assertEqual(self.open_widgets(), before)

    def interrupted_at(self, value):
        slider, _ = self.start(f"interrupted at {value}")
        self.move(slider, value)
        self.next_output("stream")
        started = time.time()
        self.manager.interrupt_kernel()
        self.move(slider, 3)
        self.shows("size 3")
        self.assertLess(time.time() - started, 20)
        self.assertEqual(self.printed("console.log('goes on')"), "goes on\n")

    def test_an_interrupt_ends_a_loop(self):
        self.interrupted_at(1)

    def test_an_interrupt_ends_a_wait(self):
        self.interrupted_at(2)

    def test_a_page_that_is_opened_anew_gets_no_old_controls(self):
        self.start()
        content = {"comm_id": "page", "target_name": "jupyter.widget.control", "data": {}}
        self.client.shell_channel.send(self.client.session.msg("comm_open", content))
        content = {"comm_id": "page", "data": {"method": "request_states"}}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))
        answer = self.next_output("comm_msg")["content"]["data"]
        self.assertEqual((answer["method"], answer["states"]), ("update_states", {}))



if __name__ == "__main__":
    unittest.main(failfast=True)
