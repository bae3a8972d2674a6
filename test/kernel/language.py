"""Today's TypeScript in cells: syntax, types, names from cell to cell, and what cells import."""

import os
import time
import unittest

from kernel_case import KernelCase


def write(name, text):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "w") as file:
        file.write(text)


class LanguageTest(KernelCase):
    def result(self, code):
        """The text of a cell's last expression."""
        reply, outputs = self.run_cell(code)
        self.assertEqual(reply["status"], "ok", reply)
        results = [content["data"]["text/plain"] for kind, content in outputs if kind == "execute_result"]
        return results[0] if results else None

    def mistakes(self, code):
        """TypeScript's numbers of a cell's errors."""
        reply, _ = self.run_cell(code)
        self.assertEqual(reply.get("ename"), "CompileError", reply)
        lines = [line for line in reply["traceback"] if "error TS" in line]
        return [int(line.split("error TS")[1].split(":")[0]) for line in lines]

    def test_using_disposes_at_the_end_of_its_block(self):
        resource = "{ [Symbol.dispose]() { console.log('disposed') } }"
        self.assertEqual(self.printed(f"{{ using a = {resource}; console.log('in') }}"), "in\ndisposed\n")
        self.assertEqual(self.printed(f"using b = {resource}; console.log('in')"), "in\ndisposed\n")
        resource = "{ async [Symbol.asyncDispose]() { console.log('disposed') } }"
        self.assertEqual(self.printed(f"await using c = {resource}; console.log('in')"), "in\ndisposed\n")

    def test_types_of_typescript_5_9(self):
        self.result("const mixed: (number | string)[] = [1, 'a']; const texts: string[] = mixed.filter((x) => typeof x === 'string')")
        self.assertEqual(self.mistakes("function pick<T extends string>(all: T[], one: NoInfer<T>) { return one }\npick(['a'], 'b')"), [2345])

    def test_decorators_of_the_standard(self):
        code = """
        function twice(method: (n: number) => number, context: ClassMethodDecoratorContext) {
          return function (this: unknown, n: number) { return 2 * method.call(this, n); };
        }
        class Adder { @twice add(n: number) { return n + 1; } }
        new Adder().add(1)"""
        self.assertEqual(self.result(code), "4")

    def test_libraries_of_this_node(self):
        self.assertEqual(self.result("[[2, 1].toSorted(), [1, 2].findLast((x) => x > 0)]"), "[ [ 1, 2 ], 2 ]")
        code = "new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) instanceof WebAssembly.Module"
        self.assertEqual(self.result(code), "true")

    def test_names_of_browsers_are_unknown(self):
        self.assertEqual(self.mistakes("document.title"), [2584])
        self.assertEqual(self.mistakes("print()"), [2304])

    def test_strict_unless_the_notebook_says_otherwise(self):
        self.run_cell("function mayNull(): string | null { return 'text' }")
        self.assertEqual(self.mistakes("mayNull().length"), [2531])
        self.assertEqual(self.result("// @strict: false\nmayNull().length"), "4")
        self.assertEqual(self.result("mayNull().length"), "4")
        self.result("// @strict: true")
        self.assertEqual(self.mistakes("mayNull().length"), [2531])

    def test_what_is_known_of_a_variable_holds_in_the_next_cell(self):
        self.result("function find(): string | undefined { return 'found' }\nconst found = find(); if (!found) { throw new Error() }")
        self.run_cell("throw new Error('in between')")
        self.assertEqual(self.result("found.length"), "5")

    def test_variables_without_a_type_take_any(self):
        self.result("let best; let network = null; const losses = [];")
        self.assertEqual(self.result("best = 1; network = { layers: 2 }; losses.push(3)"), "1")
        self.assertEqual(self.result("[best + 1, network.layers, losses[0]]"), "[ 2, 2, 3 ]")

    def test_a_variable_is_one_binding(self):
        self.result("let rate = 0.1; function show() { return rate } const arrow = () => rate")
        self.result("rate = 0.5")
        self.assertEqual(self.result("[show(), arrow(), rate]"), "[ 0.5, 0.5, 0.5 ]")
        self.result("let count = 0; function increase() { return ++count }")
        self.result("increase(); count = 100")
        self.assertEqual(self.result("increase()"), "101")

    def test_functions_see_a_later_definition(self):
        self.result("function inner() { return 1 } function outer() { return inner() }")
        self.result("function inner() { return 2 }")
        self.assertEqual(self.result("outer()"), "2")

    def test_declarations_of_every_kind_go_on_to_later_cells(self):
        code = """
        const { a, b: [c, ...d], ...rest } = { a: 1, b: [2, 3, 4], e: 5 };
        const [first = 9, , third] = [undefined, 2, 3];
        class Base { static made = 0; static again = Base.made + 1; #hidden = 7; get shown() { return this.#hidden } }
        class Derived extends Base {}
        enum Color { Red, Green = Red + 4 }
        const enum Size { Large = 10 }
        namespace Space { export const inside = 6; }
        interface Shape { rows: number }
        type Pair = [number, number];
        var old = 1; for (var step = 0; step < 3; step++) {}
        function* numbers() { yield 1; }
        async function later() { return 8; }"""
        self.result(code)
        self.assertEqual(self.result("[a, c, d, rest, first, third]"), "[ 1, 2, [ 3, 4 ], { e: 5 }, 9, 3 ]")
        self.assertEqual(self.result("[new Derived().shown, Base.again, Color.Green, Color[4], Size.Large, Space.inside]"), "[ 7, 1, 4, 'Green', 10, 6 ]")
        self.assertEqual(self.result("const shape: Shape = { rows: step }; const pair: Pair = [numbers().next().value ?? 0, await later()]; ({ shape, pair, old })"), "{ shape: { rows: 3 }, pair: [ 1, 8 ], old: 1 }")

    def test_names_may_be_declared_again_with_another_type(self):
        self.result("const again = 1; function f() { return 'one' }")
        self.assertEqual(self.result("const again = 'text'; class f { x = 1 } again.length + new f().x"), "5")

    def test_inner_names_hide_outer_ones(self):
        self.result("const hidden = 1; function takes(hidden: number) { return hidden } const inner = () => { const hidden = 3; return { hidden } }")
        self.assertEqual(self.result("[takes(2), inner(), ((hidden) => hidden)(4)]"), "[ 2, { hidden: 3 }, 4 ]")

    def test_functions_keep_their_names(self):
        self.assertEqual(self.result("const arrow2 = () => 1, made = class {}; [arrow2.name, made.name]"), "[ 'arrow2', 'made' ]")

    def test_functions_of_the_top_are_called_without_this(self):
        self.result("function own(this: unknown) { return this } const { log } = console")
        self.assertEqual(self.result("String(own())"), "undefined")
        self.assertEqual(self.printed("log('x')"), "x\n")

    def test_declared_names_are_those_of_the_global_object(self):
        self.result("(globalThis as any).elsewhere = 3")
        self.result("declare const elsewhere: number;")
        self.assertEqual(self.result("elsewhere + 1"), "4")

    def test_export_is_allowed(self):
        self.assertEqual(self.result("export const exported = 3; export function exports1() { return exported } export default exported + 1"), "4")
        self.assertEqual(self.result("exports1() + exported"), "6")

    def test_types_without_a_name_and_private_members(self):
        self.assertEqual(self.result("const fs = await import('fs'); const http = await import('http'); typeof fs.readFileSync + typeof http.get"), "functionfunction")
        self.assertEqual(self.result("class Account { private balance = 3; #pin = 4; sum() { return this.balance + this.#pin } } new Account().sum()"), "7")

    def test_imports_in_all_forms(self):
        write("data.json", '{ "answer": 42 }')
        self.assertEqual(self.result("import data from './data.json' with { type: 'json' }; data.answer"), "42")
        self.assertEqual(self.result("import path, { join, basename as base } from 'node:path'; import * as os from 'os'; [path.join === join, base('/a/b'), typeof os.cpus]"), "[ true, 'b', 'function' ]")
        self.assertEqual(self.result("import util = require('util'); typeof util.inspect"), "function")
        self.assertEqual(self.result("import type { Stats } from 'fs'; let stats: Stats | undefined; typeof stats"), "undefined")

    def test_packages_with_exports_for_import_only(self):
        self.assertEqual(self.result("import h5wasm from 'h5wasm/node'; typeof h5wasm.File"), "function")

    def test_es_modules_with_a_wait_at_their_top(self):
        write("waiting.mjs", "export const waited = await Promise.resolve(5);")
        write("waiting.d.mts", "export const waited: number;")
        code = "import { waited } from './waiting.mjs'; console.log(waited)"
        self.assertEqual(self.run_cell(code)[1], [("stream", {"name": "stdout", "text": "5\n"})])

    def test_local_typescript_files(self):
        write("../helper.ts", "export const above = 'above';")
        write("folder/index.ts", "export { value } from './deeper';")
        write("folder/deeper.ts", "export const value: number = 7;")
        code = "import { above } from '../helper'; import { value } from './folder'; import { value as same } from './folder/index.ts'; [above, value, same]"
        self.assertEqual(self.result(code), "[ 'above', 7, 7 ]")
        os.remove("../helper.ts")

    def test_local_files_are_loaded_anew_with_what_they_import(self):
        write("inner.ts", "export const version = 1;")
        write("outer.ts", "import { version } from './inner';\nexport const told = () => version;")
        self.assertEqual(self.result("import { told } from './outer'; told()"), "1")
        time.sleep(0.05)
        write("inner.ts", "export const version = 'two';")
        self.assertEqual(self.result("import { told } from './outer'; told()"), "two")

    def test_mistakes_in_local_files_are_shown(self):
        write("wrong.ts", "export const n: number = 'text';")
        reply, _ = self.run_cell("import { n } from './wrong'")
        self.assertEqual(reply["traceback"][0], "wrong.ts:1:14 - error TS2322: Type 'string' is not assignable to type 'number'.")

    def test_errors_of_local_files_name_their_lines(self):
        write("throws.ts", "interface Unused { a: number }\n\nexport function boom(): never {\n  throw new Error('here');\n}\n")
        reply, _ = self.run_cell("import { boom } from './throws'\nboom()")
        self.assertRegex("\n".join(reply["traceback"]), r"at boom \(.*throws\.ts:4:9\)\n +at Cell \[\d+\]:2:1")

    def test_a_cell_may_be_a_module(self):
        self.result("/** @module shapes */\nexport const sides = { square: 4 };")
        self.assertEqual(self.result("import { sides } from './shapes'; sides.square"), "4")

    def test_where_the_notebook_is(self):
        folder = os.path.realpath(".")
        self.assertEqual(self.result("__dirname"), folder)
        self.assertEqual(self.result("import.meta.dirname"), folder)
        self.assertTrue(self.result("import.meta.url").startswith("file://"))

    def test_a_missing_brace_is_reported_within_the_cell(self):
        reply, _ = self.run_cell("function open() {\n  if (true) {\n\n")
        for line in reply["traceback"]:
            if "error TS" in line:
                self.assertRegex(line, r"^Cell \[\d+\]:2:\d+ - error TS1005: '}' expected")

    def test_a_loop_over_variables_of_the_top_is_fast(self):
        code = "const started = process.cpuUsage().user; let sum = 0; for (let i = 0; i < 5e6; i++) { sum += i % 7; }\nconsole.log(process.cpuUsage().user - started)"
        self.assertLess(int(self.printed(code)), 1_200_000)


if __name__ == "__main__":
    unittest.main()
