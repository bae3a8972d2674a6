"""Notebooks run from top to bottom through nbclient, which is how they are run without a browser."""

import unittest

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook


def run_notebook(cells, **options):
    """Runs cells as nbclient does, one after the other, and returns them with their outputs."""
    cells = [cell if isinstance(cell, dict) else new_code_cell(cell) for cell in cells]
    notebook = new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="tslab", timeout=60, **options).execute()
    return notebook.cells


def text_of(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


class NotebookTest(unittest.TestCase):
    def test_every_printed_line_arrives(self):
        expected = "".join(f"line {i}\n" for i in range(20_000))
        (cell,) = run_notebook(["for (let i = 0; i < 20000; i++) console.log(`line ${i}`)"])
        self.assertEqual(text_of(cell), expected)

    def test_a_thousand_cells_do_not_hang(self):
        cells = run_notebook([f"console.log({i})" for i in range(1000)])
        self.assertEqual([text_of(cell) for cell in cells], [f"{i}\n" for i in range(1000)])

    def test_training_that_prints_every_step_goes_on(self):
        code = """
        for (let step = 0; step < 2000; step++) {
          process.stdout.write(`step ${step} `);
          process.stdout.write('done\\n');
          await new Promise((resolve) => setImmediate(resolve));
        }"""
        (cell,) = run_notebook([code])
        self.assertEqual(text_of(cell), "".join(f"step {i} done\n" for i in range(2000)))

    def test_cells_after_an_allowed_error_run(self):
        failing = "throw new Error('expected')"
        tagged = new_code_cell(failing, metadata={"tags": ["raises-exception"]})
        _, after = run_notebook([tagged, "console.log('ran')"])
        self.assertEqual(text_of(after), "ran\n")
        _, after = run_notebook([failing, "console.log('ran')"], allow_errors=True)
        self.assertEqual(text_of(after), "ran\n")

if __name__ == "__main__":
    unittest.main()
