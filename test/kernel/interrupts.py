"""An interrupt ends any running code, and the kernel keeps working."""

import json
import os
import threading
import time
import unittest

from kernel_case import HOST, KernelCase, is_running, wait_until

SLEEP = "const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));\n"


class InterruptTest(KernelCase):
    def assert_ends(self, code, kinds=("stream", "error")):
        """The cell ends with an InterruptedError, and the next cell runs."""
        error, seconds = self.interrupted(code, kinds)
        self.assertEqual(error["ename"], "InterruptedError", error)
        self.assertLess(seconds, 8)
        self.assertEqual(self.printed("console.log('alive')"), "alive\n")
        return error

    def interrupted(self, code, kinds=("stream", "error"), start="console.log('started');\n"):
        """The interrupt comes soon after the cell has printed something; `start` does so at once."""
        sent = []

        def interrupt_soon():
            if not sent:
                sent.append(time.time())
                threading.Timer(0.3, self.manager.interrupt_kernel).start()

        _, outputs = self.run_cell(start + code, interrupt_soon)
        found = [kind for kind, _ in outputs]
        self.assertEqual((found[0], found[-1]), (kinds[0], kinds[-1]), outputs)
        return outputs[-1][1], time.time() - sent[0]

    def test_a_loop_at_the_start(self):
        self.assert_ends("while (true) {}")

    def test_a_loop_that_catches_everything(self):
        self.assert_ends("while (true) { try { while (true) {} } catch {} finally {} }")

    def test_a_loop_after_a_wait(self):
        self.assert_ends(SLEEP + "await sleep(10); while (true) {}")

    def test_a_loop_of_microtasks(self):
        self.assert_ends("while (true) { await null }")
        self.assert_ends("const again = (): Promise<void> => Promise.resolve().then(again); await again();")

    def test_a_loop_in_a_timer(self):
        self.assert_ends(SLEEP + "setTimeout(() => { while (true) {} }, 10); await sleep(100_000);")
        self.assert_ends("setImmediate(() => { while (true) {} }); await new Promise(() => {});")

    def test_timers_go_on_after_one_was_ended(self):
        self.assert_ends(SLEEP + "setTimeout(() => { while (true) {} }, 10); await sleep(100_000);")
        self.assertEqual(self.printed(SLEEP + "await sleep(20); console.log('on')"), "on\n")

    def test_a_wait_for_nothing(self):
        self.assert_ends("await new Promise(() => {})")

    def test_a_promise_as_last_expression(self):
        self.assert_ends("new Promise(() => {})")

    def test_a_loop_that_waits_stops_and_cleans_up(self):
        code = SLEEP + """
        let ticks = 0, cleaned = '';
        async function clean() { await sleep(1); cleaned += ' up'; }
        async function loop() {
          try { while (true) { ticks++; await sleep(10); } }
          finally { cleaned = 'cleaned'; await clean(); }
        }
        await loop();"""
        self.assert_ends(code)
        before = self.printed("console.log(ticks, cleaned)")
        self.assertRegex(before, r"^\d+ cleaned up\n$")
        self.assertEqual(self.printed(SLEEP + "await sleep(100); console.log(ticks, cleaned)"), before)

    def test_for_await_stops(self):
        code = SLEEP + """
        let items = 0;
        async function* all() { while (true) { await sleep(10); yield ++items; } }
        for await (const item of all()) {}"""
        self.assert_ends(code)
        self.assert_ends("for await (const item of [new Promise<void>(() => {})]) {}")

    def test_loops_in_the_background_stop(self):
        self.printed(SLEEP + "let beats = 0; void (async () => { while (true) { beats++; await sleep(10); } })();")
        self.assert_ends("await new Promise(() => {})")
        before = self.printed("console.log(beats)")
        self.assertEqual(self.printed(SLEEP + "await sleep(100); console.log(beats)"), before)

    def test_programs_that_a_cell_waits_for(self):
        error, seconds = self.interrupted("require('child_process').execSync('sleep 30')")
        self.assertLess(seconds, 8)

    @unittest.skipUnless(os.path.isdir("/proc/self"), "needs /proc")
    def test_programs_in_the_background_end(self):
        pid = int(self.printed("const child = require('child_process').spawn('sleep', ['30']); console.log(child.pid)"))
        self.assertTrue(is_running(pid))
        self.manager.interrupt_kernel()
        self.assertTrue(wait_until(lambda: not is_running(pid), 5))

    def test_what_goes_on_is_named(self):
        self.printed("const timer = setInterval(() => {}, 1000);")
        error = self.assert_ends("await new Promise(() => {})")
        self.assertRegex("\n".join(error["traceback"]), r"\d+ timer")
        self.assertIn("restart", "\n".join(error["traceback"]))
        self.printed("clearInterval(timer)")

    def test_training_ends_in_its_own_words(self):
        code = HOST + SLEEP + """
        class Interrupted extends Error { override name = 'Interrupted' }
        async function fit() {
          const { signal } = host;
          while (!signal.aborted) { await sleep(5); }
          throw new Interrupted('Training was interrupted after epoch 1.');
        }
        await fit();"""
        error, seconds = self.interrupted(code)
        self.assertEqual((error["ename"], error["evalue"]), ("Interrupted", "Training was interrupted after epoch 1."))
        self.assertLess(seconds, 4)

    def test_fit_says_that_the_model_keeps_its_weights(self):
        lib = os.path.join(os.path.dirname(__file__), "../../lib")
        code = f"import {{ models, training }} from {json.dumps(lib)}; import * as tf from '@tensorflow/tfjs-node';"
        self.assertEqual(self.run_cell(code)[0]["status"], "ok")
        code = """
        const model = models.mlp();
        model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
        const callbacks = { onEpochEnd: (epoch: number) => { if (epoch === 0) console.log('started'); } };
        await training.fit(model, tf.ones([640, 28, 28]), tf.zeros([640]), { epochs: 100_000, verbose: 0, callbacks });"""
        error, seconds = self.interrupted(code, start="")
        self.assertEqual(error["ename"], "Interrupted")
        self.assertRegex(error["evalue"], r"^Training was interrupted .*The model keeps its weights")
        self.assertLess(seconds, 8)

    def test_a_cell_that_ends_by_itself_is_not_said_to_be_done(self):
        self.assert_ends(HOST + SLEEP + "const { signal } = host; while (!signal.aborted) { await sleep(5); }")

    def test_what_is_printed_before_a_loop_is_seen_while_it_runs(self):
        self.client.execute("console.log('a'); console.log('b'); while (true) {}", stop_on_error=False)
        printed = ""
        while printed != "a\nb\n":
            message = self.client.get_iopub_msg(timeout=30)
            if message["msg_type"] == "stream":
                printed += message["content"]["text"]
        self.manager.interrupt_kernel()
        self.assertEqual(self.client.get_shell_msg(timeout=30)["content"]["status"], "error")

    def test_the_rest_of_run_all_is_aborted(self):
        ids = [self.client.execute(code) for code in ("console.log('go'); await new Promise(() => {})", "1")]
        while self.client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
            pass
        self.manager.interrupt_kernel()
        replies = [self.client.get_shell_msg(timeout=10) for _ in ids]
        self.assertEqual([reply["content"]["status"] for reply in replies], ["error", "aborted"])
        time.sleep(0.2)

    def test_a_cell_is_interrupted_while_it_is_compiled(self):
        code = "\n".join(f"const c{i}: {{ a: number, b: string }}[] = [{{ a: {i}, b: '' }}].map((x) => ({{ ...x }}));" for i in range(3000))
        sent = self.client.execute(code + "\nwhile (true) {}", stop_on_error=False)
        while self.client.get_iopub_msg(timeout=30)["msg_type"] != "execute_input":
            pass
        self.manager.interrupt_kernel()
        reply = self.client.get_shell_msg(timeout=60)
        self.assertEqual(reply["parent_header"]["msg_id"], sent)
        self.assertEqual(reply["content"]["ename"], "InterruptedError")

    def test_the_kernel_answers_while_a_cell_loops(self):
        busy = self.client.execute("console.log('started'); while (true) {}", stop_on_error=False)
        while self.client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
            pass
        asked = self.client.complete("parseFl")
        reply = self.client.get_shell_msg(timeout=30)
        self.assertEqual(reply["parent_header"]["msg_id"], asked)
        self.assertEqual(reply["content"]["matches"], ["parseFloat"])
        # The status bar shows the last status: it must say that a cell is running.
        states = []
        while len(states) < 3:
            message = self.client.get_iopub_msg(timeout=10)
            if message["msg_type"] == "status":
                states.append((message["content"]["execution_state"], message["parent_header"]["msg_id"]))
        self.assertEqual(states, [("busy", asked), ("idle", asked), ("busy", busy)])
        self.manager.interrupt_kernel()
        self.assertEqual(self.client.get_shell_msg(timeout=30)["content"]["status"], "error")


if __name__ == "__main__":
    unittest.main()
