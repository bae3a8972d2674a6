"""Cell by cell, as a user of JupyterLab runs them: errors, output, interrupts, and the end."""

import os
import signal
import subprocess
import sys
import threading
import time
import unittest

from jupyter_client.manager import start_new_kernel
from kernel_case import HOST, KernelCase, is_running, wait_until

class CellTest(KernelCase):
    def test_error_points_at_the_line_of_the_cell(self):
        code = """
interface Shape { rows: number }

function check(shape: Shape): never {
  throw new RangeError(`no ${shape.rows}`);
}
check({ rows: 3 });"""
        error, cell = self.error_of(code)
        self.assertEqual((error["ename"], error["evalue"]), ("RangeError", "no 3"))
        traceback = "\n".join(error["traceback"])
        self.assertIn(f"at check ({cell}:5:9)", traceback)
        self.assertIn(f"at {cell}:7:1", traceback)
        self.assertIn("5 |   throw new RangeError", traceback)
        self.assertNotIn("executor.js", traceback)

    def test_error_after_an_await_points_at_the_line(self):
        code = "await new Promise((r) => setTimeout(r, 5));\n\nconst x: any = null;\nx.y;"
        error, cell = self.error_of(code)
        self.assertEqual(error["ename"], "TypeError")
        self.assertIn(f"at {cell}:4:3", "\n".join(error["traceback"]))

    def test_compile_errors_are_errors(self):
        error, cell = self.error_of("const n = 1;\nconst s: string = n;")
        self.assertEqual(error["ename"], "CompileError")
        self.assertEqual(error["evalue"], "Type 'number' is not assignable to type 'string'.")
        self.assertEqual(
            error["traceback"],
            [
                f"{cell}:2:7 - error TS2322: {error['evalue']}",
                "2 | const s: string = n;",
                "          ^",
            ],
        )

    def test_tensorflow_is_loaded_while_a_cell_that_wants_it_is_compiled(self):
        loaded = "Object.keys(require.cache).some((name) => name.includes('tfjs-node'))"
        self.assertEqual(self.printed(f"console.log({loaded})"), "false\n")
        self.error_of("import { models } from '../../lib';\nconst name: string = models;")
        self.assertEqual(self.printed(f"console.log({loaded})"), "true\n")

    def test_thrown_values_that_are_no_errors(self):
        error, _ = self.error_of("throw 'text'")
        self.assertEqual(error["evalue"], "'text'")

    def test_what_a_failed_cell_declared_is_usable(self):
        self.error_of("const declaredBefore = 7;\nthrow new Error('later')")
        self.assertEqual(self.printed("console.log(declaredBefore)"), "7\n")

    def test_what_a_failed_cell_did_not_come_to_cannot_be_read(self):
        _, cell = self.error_of("JSON.parse('{'); let after = 2; function readsAfter() { return after }")
        for code in ("after + 1", "readsAfter()"):
            error, _ = self.error_of(code)
            self.assertEqual(error["ename"], "ReferenceError")
            self.assertEqual(error["evalue"], f"after has no value: {cell} declares it, but did not get there.")
        self.assertEqual(self.printed("after = 5; console.log(readsAfter(), after)"), "5 5\n")
        self.error_of("const late = () => later; late(); const later = 1")

    def test_a_failed_cell_leaves_the_values_of_earlier_ones(self):
        self.printed("const kept = 1, { log: print } = console")
        self.error_of("JSON.parse('{'); const kept = 2")
        self.assertEqual(self.printed("print(kept)"), "1\n")

    def test_cells_sent_with_a_failing_one_are_aborted(self):
        ids = [self.client.execute(code) for code in ("throw new Error('first')", "1", "2")]
        replies = [self.client.get_shell_msg(timeout=10) for _ in ids]
        self.assertEqual([reply["parent_header"]["msg_id"] for reply in replies], ids)
        statuses = [reply["content"]["status"] for reply in replies]
        self.assertEqual(statuses, ["error", "aborted", "aborted"])
        time.sleep(0.2)
        self.assertEqual(self.printed("console.log('on')"), "on\n")

    def test_unhandled_rejection_is_shown_and_survived(self):
        text = self.printed("Promise.reject(new Error('nobody listens'));\nlet alive = 1;", "stderr")
        self.assertIn("Unhandled rejection: Error: nobody listens", text)
        self.assertRegex(text, r"at Cell \[\d+\]:1:16")

    def test_exception_in_a_timer_is_shown_and_survived(self):
        code = "setTimeout(() => { throw new Error('late') }, 1);\nawait new Promise((r) => setTimeout(r, 50));"
        self.assertIn("Uncaught exception: Error: late", self.printed(code, "stderr"))

    def test_shorthand_properties_take_variables_of_earlier_cells(self):
        self.printed("let rate = 1; const units = 3;")
        self.assertEqual(self.printed("({ rate } = { rate: 5 }); console.log({ units, rate })"), "{ units: 3, rate: 5 }\n")

    def test_names_of_properties_stay_when_destructured(self):
        self.printed("const network = { rate: 1, variables: 2 }; const variables = 'other';")
        code = "const f = ({ rate: r, variables: v } = network) => { let w; ({ variables: w } = network); return r + v + w; };\nconsole.log(f())"
        self.assertEqual(self.printed(code), "5\n")

    def test_files_may_change_while_the_kernel_runs(self):
        # The compiler watches the places where it looked for a module in vain.
        code = "import { answer } from './appears-later';\nconsole.log(answer)"
        self.assertEqual(self.error_of(code)[0]["ename"], "CompileError")
        self.printed("require('fs').writeFileSync('appears-later.ts', 'export const answer = 42')")
        self.printed("await new Promise((resolve) => setTimeout(resolve, 500))")
        self.assertEqual(self.printed(code), "42\n")

    def test_output_keeps_its_order(self):
        code = HOST + """
        console.log('a'); console.error('b'); host.display({ 'text/plain': 'c' }); console.log('d');
        'e'"""
        _, outputs = self.run_cell(code)
        texts = [c.get("text", c.get("data", {}).get("text/plain")) for _, c in outputs]
        self.assertEqual(texts, ["a\n", "b\n", "c", "d\n", "e"])

    def test_display_with_an_id_is_replaced_from_a_later_cell(self):
        show = HOST + "host.display({ 'text/plain': 'NOW', 'image/png': new Uint8Array([1, 2]) }, 'one');"
        _, first = self.run_cell(show)
        _, second = self.run_cell(show)
        self.assertEqual([kind for kind, _ in first + second], ["display_data", "update_display_data"])
        for _, content in first + second:
            self.assertEqual(content["data"], {"text/plain": "NOW", "image/png": "AQI="})
            self.assertEqual(content["metadata"], {"image/png": {"alt": "NOW"}})
            self.assertEqual(content["transient"], {"display_id": "one"})

    def test_write_calls_back_and_joins_split_characters(self):
        code = """
        const bytes = Buffer.from('ж\\n');
        await new Promise<void>((done) => process.stdout.write(bytes.subarray(0, 1), () => done()));
        await new Promise<void>((done) => process.stdout.write(bytes.subarray(1), 'utf8', () => done()));"""
        self.assertEqual(self.printed(code), "ж\n")

    def test_await_may_be_followed_by_any_expression(self):
        self.assertEqual(self.printed("await (async () => console.log('ran'))()"), "ran\n")
        self.assertEqual(self.printed("for await (const x of [1, 2]) console.log(x)"), "1\n2\n")

    def test_interrupt_ends_an_endless_loop(self):
        error, seconds = self.interrupted("while (true) {}")
        self.assertEqual(error["ename"], "InterruptedError")
        self.assertLess(seconds, 8)

    def test_interrupt_ends_training_and_leaves_its_variables(self):
        code = HOST + """
        const trained = { steps: 0, ended: false };
        async function train() {
          const { signal } = host;
          while (!signal.aborted) {
            trained.steps++;
            await new Promise((resolve) => setImmediate(resolve));
          }
          trained.ended = true;
        }
        await train();"""
        error, seconds = self.interrupted(code)
        self.assertEqual(error["ename"], "InterruptedError")
        self.assertLess(seconds, 8)
        self.assertEqual(
            self.printed("console.log(trained.ended, trained.steps > 0, host.signal.aborted)"),
            "true true false\n",
        )

    def test_interrupt_reaches_a_loop_that_starves_the_event_loop(self):
        code = HOST + "await null;\nwhile (!host.signal.aborted) await null;"
        _, seconds = self.interrupted(code)
        self.assertLess(seconds, 8)

    def test_interrupts_at_any_time_do_no_harm(self):
        stop = threading.Event()
        client = self.manager.client()
        client.start_channels(shell=False, iopub=False, stdin=False, hb=False, control=True)

        def keep_interrupting():
            while not stop.wait(0.01):
                client.control_channel.send(client.session.msg("interrupt_request"))
                # Without its reply, an interrupt might still wait when the next test has begun.
                client.get_control_msg(timeout=30)

        thread = threading.Thread(target=keep_interrupting)
        thread.start()
        try:
            for i in range(30):
                self.run_cell(f"for (let i = 0; i < 1e6; i++); {i}")
        finally:
            stop.set()
            thread.join()
            client.stop_channels()
        self.run_cell("0")  # The last interrupt may still reach this cell.
        self.assertEqual(self.printed("console.log('alive')"), "alive\n")

    def test_sigint_is_survived_also_with_a_listener_of_the_cell(self):
        self.printed("let caught = 0; process.on('SIGINT', () => caught++);")
        for _ in range(3):
            os.kill(self.pid, signal.SIGINT)
            time.sleep(0.1)
        self.assertEqual(self.printed("console.log(caught); process.removeAllListeners('SIGINT')"), "3\n")


class EndTest(unittest.TestCase):
    def test_shutdown_ends_the_process_whatever_cells_left_running(self):
        manager, client = start_new_kernel(kernel_name="tslab")
        client.execute_interactive("setInterval(() => {}, 1000)", output_hook=lambda _: None)
        started = time.time()
        reply = client.shutdown(reply=True, timeout=5)
        self.assertEqual(reply["content"], {"status": "ok", "restart": False})
        self.assertEqual(manager.provisioner.process.wait(5), 0)
        self.assertLess(time.time() - started, 2)
        client.stop_channels()
        manager.cleanup_resources()

    @unittest.skipUnless(os.path.isdir("/proc/self"), "needs /proc")
    def test_the_kernel_ends_when_jupyter_is_killed(self):
        # The child also keeps the kernel busy: only another thread can notice.
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from jupyter_client.manager import start_new_kernel\n"
                "manager, client = start_new_kernel(kernel_name='tslab')\n"
                "client.execute('while (true) {}')\n"
                "print(manager.provisioner.process.pid, flush=True)\n"
                "client.get_shell_msg()\n",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        pid = int(child.stdout.readline())
        child.kill()
        child.wait()
        child.stdout.close()
        self.assertTrue(wait_until(lambda: not is_running(pid), 5))


if __name__ == "__main__":
    unittest.main()
