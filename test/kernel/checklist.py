"""The same checklist for this project's kernel, Deno's and ipykernel; prints a table in Markdown.

    npm run test:kernel              on all three; those that are missing are installed into .cache
    npm run test:kernel -- tslab     on one of them

The table of a run on all three is kept in results/kernel.md.

The figures depend on the machine and its load.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.manager import KernelManager

PROJECT = Path(__file__).resolve().parents[2]
DENO = PROJECT / ".cache/kernels/deno"
RESULT = PROJECT / "results/kernel.md"
DENO_VERSION = "2.9.6"
NAMES = {"tslab": "this kernel", "deno": "Deno", "python3": "ipykernel"}
TYPESCRIPT = ("tslab", "deno")
SLEEP = "const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));\n"


class Kernel:
    """A new kernel."""

    def __init__(self, name):
        self.name = name
        self.is_typescript = name in TYPESCRIPT
        started = time.time()
        self.manager = KernelManager(kernel_name=name)
        self.manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)
        self.client.session.session = "checklist"
        self.run("1 + 1")
        self.start_seconds = time.time() - started
        self.pid = self.manager.provisioner.process.pid
        self.start_processor_seconds = self.processor_seconds()

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code, timeout=120):
        """The reply to a cell and its outputs."""
        outputs = []
        reply = self.client.execute_interactive(
            code,
            stop_on_error=False,
            allow_stdin=False,
            timeout=timeout,
            output_hook=lambda message: outputs.append((message["msg_type"], message["content"])),
        )
        return reply["content"], outputs

    def printed(self, code):
        return "".join(content.get("text", "") for kind, content in self.run(code)[1] if kind == "stream")

    def shown(self, code):
        outputs = self.run(code)[1]
        return "".join(
            content.get("text", "") or str(content.get("data", {}).get("text/plain", ""))
            for kind, content in outputs
            if kind in ("stream", "execute_result", "display_data")
        )

    def ask(self, sent):
        while True:
            reply = self.client.get_shell_msg(timeout=10)
            if reply["parent_header"].get("msg_id") == sent:
                return reply["content"]

    def is_interruptible(self, code, after=None):
        """Whether an endless cell can be interrupted, the next one runs, and `after` is true."""
        sent = self.client.execute(code, stop_on_error=False, allow_stdin=False)
        time.sleep(1)
        self.manager.interrupt_kernel()
        try:
            self.ask(sent)
            return (after is None) or after(self)
        except Exception:
            return False

    def processor_seconds(self):
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self):
        with open(f"/proc/{self.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) // 1024


def choose(kernel, typescript, python):
    return typescript if kernel.is_typescript else python


def processor_seconds_of(kernel, code):
    before = kernel.processor_seconds()
    kernel.run(code)
    return f"{kernel.processor_seconds() - before:.2f} s"


def starts(kernel):
    """Three starts of the kernel: the first may have a cache to fill, and others may use the machine."""
    yield kernel
    for _ in range(2):
        other = Kernel(kernel.name)
        other.close()
        yield other


def first_cell(kernel):
    return f"{min(one.start_seconds for one in starts(kernel)):.1f} s"


def first_cell_processor(kernel):
    return f"{min(one.start_processor_seconds for one in starts(kernel)):.1f} s"


def many_cells(kernel):
    before = kernel.processor_seconds()
    for i in range(400):
        kernel.run(choose(kernel, f"const x{i} = {i}; console.log(x{i})", f"x{i} = {i}; print(x{i})"))
    return f"{kernel.processor_seconds() - before:.1f} s"


def type_mistake(kernel):
    kernel.run(choose(kernel, "const seen: string[] = []", "seen = []"))
    kernel.run(choose(kernel, "seen.push('ran'); const n: number = 'text'", "seen.append('ran'); n: int = 'text'"))
    return "ran" not in kernel.shown(choose(kernel, "seen.join()", "seen"))


def null_mistake(kernel):
    if not kernel.is_typescript:
        return False
    kernel.run("const all: string[] = []; function may(): string | null { return null }")
    kernel.run("all.push('ran'); may().length")
    return "ran" not in kernel.shown("all.join()")


def one_binding(kernel):
    kernel.run(choose(kernel, "let rate = 1; function show() { return rate }", "rate = 1\ndef show(): return rate"))
    kernel.run("rate = 5")
    return "5" in kernel.shown("show()")


def loop_that_waits(kernel):
    code = choose(
        kernel,
        SLEEP + "let ticks = 0, cleaned = false; try { while (true) { ticks++; await sleep(20) } } finally { cleaned = true }",
        "import asyncio\nticks = 0; cleaned = False\ntry:\n  while True:\n    ticks += 1\n    await asyncio.sleep(0.02)\nfinally:\n  cleaned = True",
    )

    def stopped(kernel):
        get = choose(kernel, "`${ticks} ${cleaned}`", "f'{ticks} {cleaned}'")
        first = kernel.shown(get)
        time.sleep(0.3)
        return "rue" in first and kernel.shown(get) == first

    return kernel.is_interruptible(code, stopped)


def late_output(kernel):
    code = choose(
        kernel,
        "setTimeout(() => console.log('late'), 600)",
        "import threading\nthreading.Timer(0.6, lambda: print('late')).start()",
    )
    sent = kernel.client.execute(code, allow_stdin=False)
    kernel.ask(sent)
    kernel.client.execute("1", allow_stdin=False)
    end = time.time() + 5
    while time.time() < end:
        message = kernel.client.get_iopub_msg(timeout=5)
        if message["msg_type"] == "stream" and "late" in message["content"]["text"]:
            return message["parent_header"]["msg_id"] == sent
    return False


def signature(kernel):
    code = choose(kernel, "Math.max(1, ", "max(1, ")
    content = kernel.ask(kernel.client.inspect(code, len(code)))
    return content["found"] and "max" in str(content["data"])


def completes_while_running(kernel):
    code = choose(kernel, "while (true) {}", "while True: pass")
    running = kernel.client.execute(code, stop_on_error=False, allow_stdin=False)
    time.sleep(0.5)
    asked = kernel.client.complete(choose(kernel, "parseFl", "enumer"))
    try:
        reply = kernel.client.get_shell_msg(timeout=5)
        return reply["parent_header"].get("msg_id") == asked
    except Exception:
        return False
    finally:
        kernel.manager.interrupt_kernel()
        kernel.ask(running)


def all_lines_arrive(kernel):
    code = choose(kernel, "for (let i = 0; i < 20000; i++) console.log(i)", "for i in range(20000): print(i)")
    return kernel.printed(code).count("\n") == 20000


def program_output(kernel):
    code = {
        "tslab": "require('child_process').execSync('echo child', { stdio: 'inherit' })",
        "deno": "new Deno.Command('echo', { args: ['child'], stdout: 'inherit' }).outputSync()",
        "python3": "import subprocess; subprocess.run(['echo', 'child']); None",
    }[kernel.name]
    return "child" in kernel.printed(code)


def comms(kernel):
    sent = kernel.client.comm_info()
    try:
        return kernel.ask(sent).get("status") == "ok"
    except Exception:
        return False


def history(kernel):
    try:
        kernel.run("'to be found'")
        asked = kernel.client.history(hist_access_type="tail", n=5, raw=True, output=False)
        return any("to be found" in source for _, _, source in kernel.ask(asked)["history"])
    except Exception:
        return False


def prompts(kernel):
    code = choose(kernel, "console.log(prompt('Name?'))", "print(input('Name?'))")
    sent = kernel.client.execute(code, allow_stdin=True)
    try:
        kernel.client.get_stdin_msg(timeout=5)
        kernel.client.input("Ada")
        return kernel.ask(sent)["status"] == "ok"
    except Exception:
        return False


def invalid(kernel):
    return kernel.ask(kernel.client.is_complete(choose(kernel, "let x = ;", "x = = 1")))["status"] == "invalid"


def line_of_error(kernel):
    reply, _ = kernel.run(choose(kernel, "let a = 1\na = 2\nthrow new Error('x')", "a = 1\na = 2\nraise ValueError('x')"))
    return bool(re.search(r":3:\d|line.{0,12}3", re.sub(r"\x1b\[[\d;]*m", "", "\n".join(reply["traceback"]))))


def interruptible(typescript, python):
    return lambda kernel: kernel.is_interruptible(choose(kernel, typescript, python))


# Each row has its own kernel, so that one row cannot break the next.
ROWS = [
    ("start until the first cell is answered, the fastest of 3", first_cell),
    ("… processor time", first_cell_processor),
    ("… memory", lambda kernel: f"{kernel.megabytes()} MB"),
    ("400 cells, processor time", many_cells),
    (
        "5 million steps over variables of the top, processor time",
        lambda kernel: processor_seconds_of(
            kernel,
            choose(kernel, "let s = 0; for (let i = 0; i < 5e6; i++) { s += i % 7 }", "s = 0\nfor i in range(5_000_000): s += i % 7"),
        ),
    ),
    ("types are checked before a cell runs", type_mistake),
    ("… also for null", null_mistake),
    ("a function sees a later value of a variable", one_binding),
    ("an error names its line", line_of_error),
    ("interrupts: a loop", interruptible("while (true) {}", "while True: pass")),
    (
        "… a loop after a wait",
        interruptible(SLEEP + "await sleep(10); while (true) {}", "import asyncio; await asyncio.sleep(0.01)\nwhile True: pass"),
    ),
    (
        "… a loop of microtasks",
        interruptible("while (true) { await null }", "async def nothing(): pass\nwhile True: await nothing()"),
    ),
    (
        "… a wait for nothing",
        interruptible("await new Promise((r) => setTimeout(r, 1e8))", "import asyncio; await asyncio.sleep(1e5)"),
    ),
    ("… a loop that waits stops, and cleans up", loop_that_waits),
    ("all of 20,000 lines arrive", all_lines_arrive),
    ("output of programs", program_output),
    ("late output goes to its own cell", late_output),
    ("signature inside parentheses", signature),
    ("completion while a cell runs", completes_while_running),
    ("code that cannot become right is told apart", invalid),
    ("input from the reader", prompts),
    ("history", history),
    ("comms", comms),
]


def install_deno(kernels):
    """Deno from npm into the project's cache; returns the folder of its kernel specification."""
    programs = list(DENO.glob("node_modules/@deno/*/deno*"))
    if not programs:
        DENO.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(DENO), "--no-audit", "--no-fund", f"deno@{DENO_VERSION}"]
        subprocess.run(command, check=True, stdout=sys.stderr)
        programs = list(DENO.glob("node_modules/@deno/*/deno*"))
    folder = Path(kernels) / "kernels/deno"
    folder.mkdir(parents=True)
    argv = [str(programs[0]), "jupyter", "--kernel", "--conn", "{connection_file}"]
    (folder / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Deno", "language": "typescript"}))


def check(name, row, tries=2):
    """The result of a row. What fails is tried again: on a busy machine, messages may come too late."""
    kernel = Kernel(name)
    try:
        result = row(kernel)
    except Exception as error:  # A kernel that does not answer fails this row.
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
        result = False
    finally:
        kernel.close()
    if result is False and tries > 1:
        return check(name, row, tries - 1)
    return result if isinstance(result, str) else "✓" if result else "–"


def version_of(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1].lstrip("v")


def store(lines):
    """Writes the table under a temporary name and renames it: the old file or the new, whole."""
    versions = {
        "Node.js": version_of(["node", "--version"]),
        "Deno": DENO_VERSION,
        "Python": platform.python_version(),
        "ipykernel": importlib.metadata.version("ipykernel"),
    }
    note = ", ".join(f"{name} {version}" for name, version in versions.items())
    text = [
        "# This kernel, Deno's and ipykernel",
        "",
        f"Written by `npm run test:kernel` on {time.strftime('%Y-%m-%d')}: {note}, {os.cpu_count()} processor cores with a load of {os.getloadavg()[2]:.0f}.",
        "",
        *lines,
    ]
    temporary = RESULT.with_suffix(".tmp")
    temporary.write_text("\n".join(text) + "\n", encoding="utf-8")
    os.replace(temporary, RESULT)


def main():
    parser = argparse.ArgumentParser(
        prog="npm run test:kernel --", description=__doc__.splitlines()[0]
    )
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], metavar="kernel", help=", ".join(NAMES))
    chosen = parser.parse_args().names
    names = chosen or list(NAMES)
    lines = [f"| | {' | '.join(NAMES[name] for name in names)} |", f"|---|{':-:|' * len(names)}"]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JUPYTER_PATH"] = os.pathsep.join([str(PROJECT / "kernel"), folder])
        os.environ["JUPYTER_RUNTIME_DIR"] = folder
        os.environ["IPYTHONDIR"] = folder
        os.environ["NO_COLOR"] = "1"
        if "deno" in names:
            install_deno(folder)
        os.chdir(folder)
        print("\n".join(lines))
        for title, row in ROWS:
            lines.append(f"| {title} | {' | '.join(check(name, row) for name in names)} |")
            print(lines[-1], flush=True)
        os.chdir(PROJECT)
    if not chosen:
        store(lines)


if __name__ == "__main__":
    main()
