"""The requests of JupyterLab and other front ends besides running cells."""

import time
import unittest

from kernel_case import HOST, KernelCase


class FrontendTest(KernelCase):
    def ask(self, send, *arguments, **options):
        """The answer to a request on the shell channel."""
        asked = send(*arguments, **options)
        while True:
            reply = self.client.get_shell_msg(timeout=30)
            if reply["parent_header"].get("msg_id") == asked:
                return reply["content"]

    def at_cursor(self, send, code):
        return self.ask(send, code.replace("|", ""), code.index("|"))

    def shown(self, code):
        """The contents by MIME type of a cell's last expression."""
        _, outputs = self.run_cell(code)
        return next(content["data"] for kind, content in outputs if kind == "execute_result")

    def test_documentation_of_names_and_calls(self):
        for code in ("Math.max(1, |", "Math.max(|1, 2)", "Math.ma|x(1)", "Math.max|(1)"):
            content = self.at_cursor(self.client.inspect, code)
            self.assertTrue(content["found"], code)
            self.assertIn("max(...values: number[]): number", content["data"]["text/plain"])
            self.assertIn("@param values", content["data"]["text/plain"])
        self.run_cell("/** Doubles a number. */\nfunction double(n: number) { return 2 * n; }")
        text = self.at_cursor(self.client.inspect, "dou|ble(1)")["data"]["text/plain"]
        self.assertEqual(text, "function double(n: number): number\n\nDoubles a number.")
        self.assertFalse(self.at_cursor(self.client.inspect, "1 +| 1")["found"])

    def test_completion(self):
        content = self.at_cursor(self.client.complete, "parseFl|")
        self.assertEqual((content["matches"], content["cursor_start"], content["cursor_end"]), (["parseFloat"], 0, 7))
        self.run_cell("const network = { layers: 2, lengths: [1] }")
        self.assertEqual(self.at_cursor(self.client.complete, "network.la|")["matches"], ["layers"])
        self.assertEqual(self.at_cursor(self.client.complete, "netw|")["matches"], ["network"])
        self.assertIn("fs/promises", self.at_cursor(self.client.complete, "import fs from 'fs|'")["matches"])

    def test_completion_counts_characters(self):
        content = self.at_cursor(self.client.complete, "'😀'; parseFl|")
        self.assertEqual((content["matches"], content["cursor_start"], content["cursor_end"]), (["parseFloat"], 5, 12))

    def test_is_complete(self):
        for code, status in (
            ("1 + 1", "complete"),
            ("await later()", "complete"),
            ("if (a) {", "incomplete"),
            ("f(1,", "incomplete"),
            ("`text", "incomplete"),
            ("/* text", "incomplete"),
            ("let x = ;", "invalid"),
            ("foo bar", "invalid"),
            ("'text", "invalid"),
        ):
            self.assertEqual(self.ask(self.client.is_complete, code)["status"], status, code)

    def test_history(self):
        self.run_cell("'to be found'")
        self.run_cell("'last of all'")
        tail = self.ask(self.client.history, hist_access_type="tail", n=2, raw=True, output=False)["history"]
        self.assertEqual([source for _, _, source in tail], ["'to be found'", "'last of all'"])
        found = self.ask(self.client.history, hist_access_type="search", pattern="*be fo?nd*", raw=True, output=False)
        self.assertEqual([source for _, _, source in found["history"]], ["'to be found'"])

    def test_silent_cells_show_nothing_and_are_not_counted(self):
        before, _ = self.run_cell("1")
        asked = self.client.execute("(globalThis as any).silently = 5; 'quiet'", silent=True)
        self.client.get_shell_msg(timeout=30)
        kinds = []
        while kinds[-2:] != ["idle"]:
            message = self.client.get_iopub_msg(timeout=30)
            if message["parent_header"].get("msg_id") == asked:
                kinds.append(message["content"].get("execution_state", message["msg_type"]))
                if kinds[-1] == "idle":
                    break
        self.assertEqual(kinds, ["busy", "idle"])
        after, outputs = self.run_cell("(globalThis as any).silently")
        self.assertEqual(after["execution_count"], before["execution_count"] + 1)
        self.assertEqual(outputs[0][1]["data"]["text/plain"], "5")

    def test_user_expressions(self):
        content = self.ask(self.client.execute, "const six = 6", user_expressions={"a": "six * 7", "b": "missing"})
        self.assertEqual(content["user_expressions"]["a"]["data"], {"text/plain": "42"})
        self.assertEqual(content["user_expressions"]["b"]["status"], "error")
        self.assertEqual(content["user_expressions"]["b"]["ename"], "CompileError")

    def test_the_last_value(self):
        self.run_cell("6 * 7")
        self.assertEqual(self.shown("_ + 1"), {"text/plain": "43"})
        self.assertEqual(self.shown("null"), {"text/plain": "null"})
        _, outputs = self.run_cell("undefined")
        self.assertEqual(outputs, [])

    def test_objects_that_show_themselves(self):
        code = "({ [Symbol.for('Jupyter.display')]: async () => ({ 'text/html': '<b>x</b>', 'image/png': new Uint8Array([1, 2]) }) })"
        self.assertEqual(self.shown(code), {"text/html": "<b>x</b>", "image/png": "AQI="})

    def test_tensors_models_and_histories_are_readable(self):
        self.run_cell("import * as tf from '@tensorflow/tfjs-node'")
        text = self.shown("tf.tensor([[1, 2], [3, 4]])")["text/plain"]
        for part in ("dtype: float32", "shape: [2,2]", "[[1, 2],", "[3, 4]]"):
            self.assertIn(part, text)
        self.assertIn("[1, 2]", self.printed("console.log(tf.tensor1d([1, 2]), { inside: tf.scalar(3) })"))
        self.assertIn("disposed", self.shown("const gone = tf.scalar(1); gone.dispose(); gone")["text/plain"])
        code = "const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] })] }); model"
        self.assertIn("Total params: 9", self.shown(code)["text/plain"])
        code = "model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' }); await model.fit(tf.ones([4, 2]), tf.ones([4, 3]), { epochs: 2, verbose: 0 })"
        self.assertRegex(self.shown(code)["text/plain"], r"^History of 2 epochs, the last: loss: \d")
        code = "({ epoch: [0, 1], history: { loss: [2, 0.5] }, params: {} })"
        self.assertEqual(self.shown(code)["text/plain"], "History of 2 epochs, the last: loss: 0.5000")

    def test_very_long_values_are_cut(self):
        text = self.shown("'x'.repeat(30_000_000)")["text/plain"]
        self.assertLess(len(text), 1_000_000)
        self.assertRegex(text, r"30,000,000 characters in all$")

    def test_half_a_character_can_be_saved(self):
        _, outputs = self.run_cell("console.log('\\ud83d'); '\\ude00'")
        self.assertEqual(outputs[0][1]["text"], "\ufffd\n")
        self.assertEqual(outputs[1][1]["data"]["text/plain"], "\ufffd")
        self.assertEqual(self.printed("process.stdout.write('\\ud83d'); process.stdout.write('\\ude00\\n')"), "😀\n")

    def test_output_is_cleared(self):
        _, outputs = self.run_cell(HOST + "console.log('a'); console.clear(); host.clearOutput({ wait: true }); console.log('b')")
        self.assertEqual([content.get("wait", content.get("text")) for _, content in outputs], ["a\n", False, True, "b\n"])

    def test_late_output_goes_to_its_own_cell(self):
        first = self.client.execute("setTimeout(() => console.log('late'), 300); void (async () => { await new Promise((r) => setTimeout(r, 350)); console.log('later') })()")
        second = self.client.execute("console.log('now'); await new Promise((r) => setTimeout(r, 700));")
        parents = {}
        while len(parents) < 3:
            message = self.client.get_iopub_msg(timeout=30)
            if message["msg_type"] == "stream":
                parents[message["content"]["text"]] = message["parent_header"]["msg_id"]
        self.assertEqual(parents, {"now\n": second, "late\n": first, "later\n": first})

    def test_output_of_programs_and_of_file_descriptors(self):
        code = "require('fs').writeSync(1, 'raw\\n'); require('child_process').execSync('echo child', { stdio: 'inherit' })"
        _, outputs = self.run_cell(code)
        self.assertEqual("".join(content.get("text", "") for _, content in outputs), "raw\nchild\n")
        code = "try { require('child_process').execSync('echo wrong >&2; exit 1') } catch {}"
        _, outputs = self.run_cell(code)
        self.assertEqual([(content["name"], content["text"]) for _, content in outputs], [("stderr", "wrong\n")])
        code = "require('child_process').execSync('seq 100000', { stdio: 'inherit' })"
        _, outputs = self.run_cell(code)
        text = "".join(content.get("text", "") for _, content in outputs)
        self.assertEqual(text, "".join(f"{i}\n" for i in range(1, 100_001)))

    def test_thrown_values_have_their_line(self):
        reply, _ = self.run_cell("\nthrow 'just text'")
        self.assertEqual(reply["evalue"], "'just text'")
        traceback = "\n".join(reply["traceback"])
        self.assertRegex(traceback, r"at Cell \[\d+\]:2:1\n")
        self.assertIn("2 | throw 'just text'", traceback)

    def test_traces(self):
        text = self.printed("function here() {\n  console.trace('seen')\n}\nhere()", "stderr")
        self.assertRegex(text, r"^Trace: seen\n +at here \(Cell \[\d+\]:2:11\)\n +at Cell \[\d+\]:4:1\n$")

    def with_input(self, code, *answers):
        """Runs a cell and answers its requests for input; returns their prompts and what it printed."""
        asked = self.client.execute(code, allow_stdin=True)
        prompts = []
        for answer in answers:
            message = self.client.get_stdin_msg(timeout=30)
            prompts.append(message["content"]["prompt"])
            self.client.input(answer)
        reply = self.client.get_shell_msg(timeout=30)
        self.assertEqual(reply["content"]["status"], "ok", reply["content"])
        text = ""
        while True:
            message = self.client.get_iopub_msg(timeout=30)
            if message["parent_header"].get("msg_id") == asked:
                text += message["content"].get("text", "")
                if message["content"].get("execution_state") == "idle":
                    return prompts, text

    def test_prompt(self):
        prompts, text = self.with_input("console.log('Hello', prompt('Name?'), prompt('And?', 'nobody'))", "Ada", "")
        self.assertEqual((prompts, text), (["Name?", "And?"], "Hello Ada nobody\n"))

    def test_readline(self):
        code = """
        import { createInterface } from 'node:readline/promises';
        const lines = createInterface({ input: process.stdin, output: process.stdout });
        console.log(await lines.question('Name? ') + await lines.question('And? '));
        lines.close();"""
        prompts, text = self.with_input(code, "Ada", "Eve")
        self.assertEqual(prompts, ["Name? ", "And? "])
        self.assertTrue(text.endswith("AdaEve\n"), text)

    def test_input_without_a_box_is_refused(self):
        reply = self.ask(self.client.execute, "prompt('Name?')", allow_stdin=False, stop_on_error=False)
        self.assertIn("cannot ask", reply["evalue"])

    def test_input_can_be_interrupted(self):
        self.client.execute("prompt('Name?')", allow_stdin=True, stop_on_error=False)
        self.client.get_stdin_msg(timeout=30)
        self.manager.interrupt_kernel()
        self.assertEqual(self.client.get_shell_msg(timeout=30)["content"]["ename"], "InterruptedError")
        self.assertEqual(self.printed("console.log('alive')"), "alive\n")

    def test_busy_is_told_when_a_cell_begins(self):
        first = self.client.execute("await new Promise((r) => setTimeout(r, 300))")
        second = self.client.execute("2")
        states = []
        while len(states) < 4:
            message = self.client.get_iopub_msg(timeout=30)
            if message["msg_type"] == "status" and message["parent_header"].get("msg_id") in (first, second):
                states.append((message["content"]["execution_state"], message["parent_header"]["msg_id"]))
        self.assertEqual(states, [("busy", first), ("idle", first), ("busy", second), ("idle", second)])
        for _ in range(2):
            self.client.get_shell_msg(timeout=30)

    def send_comm(self, kind, content, buffers=None):
        message = self.client.session.msg(kind, content)
        self.client.session.send(self.client.shell_channel.socket, message, buffers=buffers)
        return message["header"]["msg_id"]

    def next_comm(self, kind):
        while True:
            message = self.client.get_iopub_msg(timeout=30)
            if message["msg_type"] == kind:
                return message

    def test_comms_that_cells_open(self):
        code = HOST + """
        const comm = host.comms.open('slider', { value: 1 }, { metadata: { version: 2 }, buffers: [new Uint8Array([7, 8])] });
        const got: unknown[] = [];
        comm.onMessage = (event: any) => {
          got.push([event.data, [...event.buffers[0] ?? []]]);
          comm.send({ echo: event.data.value }, { buffers: event.buffers });
        };
        comm.onClose = () => got.push('closed');"""
        self.client.execute(code)
        opened = self.next_comm("comm_open")
        self.assertEqual(opened["content"]["target_name"], "slider")
        self.assertEqual(opened["content"]["data"], {"value": 1})
        self.assertEqual(opened["metadata"], {"version": 2})
        self.assertEqual([bytes(part) for part in opened["buffers"]], [b"\x07\x08"])
        self.client.get_shell_msg(timeout=30)
        number = opened["content"]["comm_id"]
        comms = self.ask(self.client.comm_info, "slider")["comms"]
        self.assertEqual(comms, {number: {"target_name": "slider"}})
        self.assertEqual(self.ask(self.client.comm_info, "other")["comms"], {})

        sent = self.send_comm("comm_msg", {"comm_id": number, "data": {"value": 5}}, [b"\x09"])
        answer = self.next_comm("comm_msg")
        self.assertEqual(answer["content"], {"comm_id": number, "data": {"echo": 5}})
        self.assertEqual([bytes(part) for part in answer["buffers"]], [b"\x09"])
        while True:
            message = self.client.get_iopub_msg(timeout=30)
            if message["parent_header"].get("msg_id") == sent and message["content"].get("execution_state") == "idle":
                break
        self.send_comm("comm_close", {"comm_id": number, "data": {}})
        self.assertEqual(self.shown("got")["text/plain"], "[ [ { value: 5 }, [ 9 ] ], 'closed' ]")
        self.assertNotIn(number, self.ask(self.client.comm_info)["comms"])

    def test_comms_arrive_while_a_cell_waits(self):
        code = HOST + """
        const open = host.comms.open('button');
        console.log(await new Promise((r) => { open.onMessage = ({ data }: any) => r(data.pressed); }));"""
        self.client.execute(code)
        number = self.next_comm("comm_open")["content"]["comm_id"]
        self.send_comm("comm_msg", {"comm_id": number, "data": {"pressed": "yes"}})
        self.assertEqual(self.next_comm("stream")["content"]["text"], "yes\n")
        self.client.get_shell_msg(timeout=30)

    def test_comms_that_the_browser_opens(self):
        self.run_cell(HOST + "host.comms.register('known', (comm: any, event: any) => comm.send({ hello: event.data.name }));")
        self.send_comm("comm_open", {"comm_id": "n1", "target_name": "known", "data": {"name": "x"}})
        self.assertEqual(self.next_comm("comm_msg")["content"], {"comm_id": "n1", "data": {"hello": "x"}})
        self.send_comm("comm_open", {"comm_id": "n2", "target_name": "unknown", "data": {}})
        self.assertEqual(self.next_comm("comm_close")["content"]["comm_id"], "n2")


if __name__ == "__main__":
    unittest.main()
