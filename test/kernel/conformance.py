"""The Jupyter project's own conformance suite (jupyter_kernel_test), on this project's kernel.

Not supported, and therefore skipped:

- test_pager: the `page` payload is IPython's way to show help in a pager; TypeScript has no
  counterpart, documentation is shown by inspection (Shift-Tab).
- test_history: tslab keeps no history; JupyterLab's notebooks do not ask for it, only consoles do.
- test_clear_output: tslab has no `clear_output`; an output is replaced by its display id instead.
- test_recv_iopub_welcome_msg (IopubWelcomeTests, not run): the message needs an XPUB socket, which
  tslab does not have; it is an optional part of the protocol.
"""

import unittest

import jupyter_kernel_test


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
    # tslab calls all code that cannot be continued complete, and running it shows the error.
    invalid_code_samples = []

    def execute_helper(self, *arguments, **options):
        # The suite waits a tenth of a second for each message, too short beside other tests.
        channel = self.kc.iopub_channel
        get_message = channel.get_msg
        channel.get_msg = lambda timeout: get_message(timeout=10)
        try:
            return super().execute_helper(*arguments, **options)
        finally:
            channel.get_msg = get_message


if __name__ == "__main__":
    unittest.main()
