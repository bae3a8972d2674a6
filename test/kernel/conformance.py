"""The Jupyter project's own conformance suite (jupyter_kernel_test), on this project's kernel.

Not supported, and therefore skipped: test_pager. The `page` payload is IPython's way to show help in
a pager; TypeScript has no counterpart, documentation is shown by inspection (Shift-Tab).
"""

import unittest

import jupyter_kernel_test


class WelcomeTest(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "tslab"
    support_iopub_welcome = True


class ConformanceTest(jupyter_kernel_test.KernelTests):
    kernel_name = "tslab"
    language_name = "typescript"
    file_extension = ".ts"

    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('careful')"
    code_generate_error = "throw new Error('deliberate')"
    code_inspect_sample = "parseInt"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "'text'", "result": "text"},
        {"code": "[1, 'a']", "result": "[ 1, 'a' ]"},
    ]
    code_display_data = [
        {"code": "import * as tslab from 'tslab'; tslab.display.html('<b>x</b>')", "mime": "text/html"},
        {"code": "import * as tslab from 'tslab'; tslab.display.png(new Uint8Array(1))", "mime": "image/png"},
    ]
    completion_samples = [{"text": "parseFl", "matches": ["parseFloat"]}]
    complete_code_samples = ["1 + 1", "function f() { return 1 }"]
    incomplete_code_samples = ["function f() {", "[1,"]
    invalid_code_samples = ["let x = ;", "foo bar"]
    code_history_pattern = "*6 ** 7*"
    supported_history_operations = ("tail", "range", "search")
    code_clear_output = "console.clear()"

    def execute_helper(self, *arguments, **options):
        # The suite waits a tenth of a second for each message, too short while other tests run.
        channel = self.kc.iopub_channel
        get_message = channel.get_msg
        channel.get_msg = lambda timeout: get_message(timeout=10)
        try:
            return super().execute_helper(*arguments, **options)
        finally:
            channel.get_msg = get_message


if __name__ == "__main__":
    unittest.main()
