import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import vm from 'node:vm';
import {
  complete,
  completeness,
  inspect,
  toCodePoints,
  toIndex,
} from '../../kernel/compiler/assistance';
import { CellCompiler } from '../../kernel/compiler/cellCompiler';
import type { CompiledCell } from '../../kernel/messages';

/** Compiles the cells of one notebook, and runs those without imports and waits. */
class Notebook {
  readonly compiler = new CellCompiler(process.cwd());
  private readonly scope = {};
  private count = 0;

  compile(source: string): CompiledCell {
    const result = this.compiler.compile(source, `Cell [${++this.count}]`);
    assert.ok('cell' in result, JSON.stringify(result));
    this.compiler.notebook.continueFlow();
    return result.cell;
  }

  mistakes(source: string): string[] {
    const result = this.compiler.compile(source, `Cell [${++this.count}]`);
    assert.ok('mistakes' in result, `${source} has no mistake`);
    return result.mistakes.map(({ code, line, column }) => `${code} ${line}:${column}`);
  }

  run(source: string): unknown {
    const { code } = this.compile(source);
    const kernel = { result: undefined, thrown: (value: unknown) => value };
    vm.runInThisContext(`(function ($scope, $kernel) { 'use strict'; ${code}\n})`)(
      this.scope,
      kernel,
    );
    return kernel.result;
  }
}

describe('the compiler of cells', () => {
  test('makes of names at the top properties of the scope', () => {
    const { code } = new Notebook().compile('let s = 0; for (let i = 0; i < 3; i++) { s += i; }');
    assert.equal(code, '$scope.s = 0;\nfor (let i = 0; i < 3; i++) {\n    $scope.s += i;\n}\n');
  });

  test('tells what a cell loads, without what stands for types alone', () => {
    const { imports, isAsync, code } = new Notebook().compile(
      "import a, { join as b, type ParsedPath } from 'node:path';\nimport type { Stats } from 'fs';\n" +
        "import * as os from 'os';\nimport 'node:util';\nawait 1;",
    );
    assert.deepEqual(imports, [
      {
        specifier: 'node:path',
        bindings: [
          { name: 'a', imported: 'default' },
          { name: 'b', imported: 'join' },
        ],
      },
      { specifier: 'os', bindings: [{ name: 'os', imported: '*' }] },
      { specifier: 'node:util', bindings: [] },
    ]);
    assert.equal(isAsync, true);
    assert.equal(code, '$kernel.result = await $kernel.wait(1);\n');
  });

  test('checks a cell against those before it', () => {
    const notebook = new Notebook();
    notebook.run('const rows: number[] = [1]; interface Shape { rows: number }');
    assert.deepEqual(notebook.mistakes('const shape: Shape = { rows };'), ['2322 1:24']);
    assert.equal(notebook.run('const shape: Shape = { rows: rows.length }; shape.rows'), 1);
  });

  test('a cell with mistakes declares nothing', () => {
    const notebook = new Notebook();
    notebook.mistakes('const wrong: string = 1;');
    assert.deepEqual(notebook.mistakes('wrong'), ['2304 1:1']);
  });

  test('loses no type on the way: classes with private members, types without a name', () => {
    const notebook = new Notebook();
    notebook.run(
      'class Account { #pin = 4; private sum = 1; total() { return this.#pin + this.sum } }',
    );
    notebook.run(
      'const make = () => { class Local { n = 2 } return new Local(); }; const local = make();',
    );
    assert.equal(notebook.run('new Account().total() + local.n'), 7);
    assert.deepEqual(notebook.mistakes('new Account().sum'), ['2341 1:15']);
  });

  test('leaves out names that stand for types alone, and nothing of texts', () => {
    const notebook = new Notebook();
    notebook.run('namespace Shapes { export interface Square { side: number } }');
    notebook.run('import Square = Shapes.Square; const square: Square = { side: 1 };');
    assert.equal(notebook.run('const same: Square = square; same.side'), 1);
    const text = 'export {};\n//# sourceMappingURL=x\n';
    assert.equal(notebook.run(`const file = \`${text}\`; file`), text);
  });

  test('its cost does not grow with the number of cells', () => {
    const notebook = new Notebook();
    const cost = (count: number) => {
      const { user } = process.cpuUsage();
      for (let i = 0; i < count; i++) {
        notebook.compile(`const x${i} = ${i}; console.log(x${i});`);
      }
      return (process.cpuUsage().user - user) / count;
    };
    cost(50);
    const early = cost(50);
    cost(300);
    assert.ok(cost(50) < 5 * early + 5000, 'a late cell costs more than an early one');
  });

  test('completes with deprecated names last, of packages and of cells', () => {
    const notebook = new Notebook();
    const matches = (source: string) =>
      complete(notebook.compiler, source, source.length).matches.join(' ');
    assert.equal(matches("'text'.subs"), 'substring substr');
    assert.equal(matches("import fs from 'fs'; fs.exi"), 'existsSync exists');
    notebook.run('/** @deprecated */ function oddOld() {}; function oddYoung() {}');
    assert.equal(matches('odd'), 'oddYoung oddOld');
    notebook.run('const sides = {\n/** @deprecated */ left: 1,\nleftmost: 1 };');
    assert.equal(matches('sides.le'), 'leftmost left');
  });

  test('counts characters, not halves of them', () => {
    assert.equal(toIndex('😀ab', 2), 3);
    assert.equal(toCodePoints('😀ab', 3), 2);
  });

  test('has what it takes of TypeScript beyond its documented interface', () => {
    const { compiler } = new Notebook();
    assert.match(inspect(compiler, 'Math.max(1, ', 12) ?? '', /^max\(\.\.\.values: number\[\]\)/);
    assert.match(inspect(compiler, 'const a = 1; a', 13) ?? '', /^const a: 1$/);
    assert.deepEqual(complete(compiler, 'parseFl', 7).matches, ['parseFloat']);
    assert.deepEqual(completeness('f('), { status: 'incomplete', indent: '  ' });
  });
});
