"""Runs notebooks top to bottom on the project's kernel, without a browser.

    npm run notebooks                        all of them; outputs are stored in the notebooks
    npm run notebooks -- 01-mnist-mlp        some of them, by name
    npm run notebooks -- --check             the files stay as they are

Ends with exit status 1 at the first cell that fails; the notebook then stays as it was.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOKS = PROJECT / "notebooks"
LARGEST_NOTEBOOK = 1_000_000  # bytes
CELL_TIMEOUT = 20 * 60  # seconds
# The kernel's reports, on standard error, of errors that no cell has caught.
UNCAUGHT = re.compile(r"^(Unhandled rejection|Uncaught exception): ", re.MULTILINE)


class RunFailed(Exception):
    """A notebook did not run to its end."""


class Progress:
    """One line per code cell: its number, the first line of its source, seconds."""

    def __init__(self, notebook):
        self.code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        self.number = 0
        self.started = 0.0

    @property
    def cell(self):
        return self.code_cells[self.number - 1]

    @property
    def label(self):
        first_line = self.cell.source.strip().partition("\n")[0]
        return f"  [{self.number:>2}/{len(self.code_cells)}] {first_line[:70]:<72}"

    def start(self, cell, cell_index):
        self.number = 1 + next(i for i, known in enumerate(self.code_cells) if known is cell)
        self.started = time.monotonic()
        if sys.stdout.isatty():
            print(f"{self.label}   …", end="", flush=True)

    def finish(self, cell, cell_index, **_):
        seconds = time.monotonic() - self.started
        back = "\r" if sys.stdout.isatty() else ""
        print(f"{back}{self.label}{seconds:6.1f} s", flush=True)


def describe_failure(name, number, cell, reason):
    source = "\n".join(f"    {line}" for line in cell.source.splitlines())
    return f"{name}, code cell {number}, failed:\n\n{source}\n\n{reason}"


def check_outputs(name, notebook):
    """Finds errors that did not fail their cell, such as an unhandled rejection."""
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code_cells, start=1):
        for output in cell.outputs:
            if output.output_type == "stream" and UNCAUGHT.search(output.text):
                raise RunFailed(describe_failure(name, number, cell, output.text))


def keep_static_forms(notebook):
    """Removes widget outputs, which only the ended kernel could show."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)


def run(path):
    """Runs one notebook and returns it with its new outputs."""
    notebook = nbformat.read(path, as_version=4)
    progress = Progress(notebook)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_execute=progress.start,
        on_cell_executed=progress.finish,
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        reason = getattr(error, "traceback", str(error))
        raise RunFailed(describe_failure(path.name, progress.number, progress.cell, reason)) from None
    check_outputs(path.name, notebook)
    keep_static_forms(notebook)
    return notebook


def store(notebook, path):
    """Writes the notebook under a temporary name and renames it: the old file or the new, whole."""
    text = nbformat.writes(notebook) + "\n"
    size = len(text.encode())
    if size > LARGEST_NOTEBOOK:
        raise RunFailed(f"{path.name} would be {size:,} bytes; the limit is {LARGEST_NOTEBOOK:,}.")
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, suffix=".tmp", delete=False
    ) as file:
        file.write(text)
    os.chmod(file.name, path.stat().st_mode)
    os.replace(file.name, path)


def choose(names):
    """The notebooks of these names, or all of them, in reading order."""
    all_notebooks = sorted(NOTEBOOKS.glob("*.ipynb"))
    if not names:
        return all_notebooks
    chosen = []
    for name in names:
        stem = Path(name).name.removesuffix(".ipynb")
        matches = [path for path in all_notebooks if path.stem.startswith(stem)]
        if not matches:
            known = ", ".join(path.stem for path in all_notebooks)
            raise RunFailed(f"There is no notebook {name}. There are: {known}.")
        chosen.extend(path for path in matches if path not in chosen)
    return chosen


def main():
    parser = argparse.ArgumentParser(prog="npm run notebooks --", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="notebook", help="for example 01-mnist-mlp")
    parser.add_argument("--check", action="store_true", help="leave the files as they are")
    arguments = parser.parse_args()
    started = time.monotonic()
    try:
        chosen = choose(arguments.names)
        for path in chosen:
            print(f"{path.relative_to(PROJECT)}", flush=True)
            notebook_started = time.monotonic()
            notebook = run(path)
            if not arguments.check:
                store(notebook, path)
            print(f"  done in {time.monotonic() - notebook_started:.0f} s\n", flush=True)
    except RunFailed as failure:
        sys.exit(f"\n{failure}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; the notebook that was running stays as it was.")
    seconds = time.monotonic() - started
    print(f"{len(chosen)} notebook{'s' if len(chosen) != 1 else ''} ran to the end in {seconds:.0f} s")


if __name__ == "__main__":
    main()
