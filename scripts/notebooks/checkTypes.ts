/**
 * Type checks the code cells of every notebook, strictly, without running them.
 *
 * The cells of one notebook form one module here, so a name may be declared only once in a
 * notebook, which also helps its readers.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { readNotebook, sourceOf } from './notebook';

interface NotebookModule {
  notebook: string;
  text: string;
  /** The line of `text` at which each code cell begins, in order. */
  cellStarts: number[];
}

const folder = path.resolve(__dirname, '../../../notebooks');

function toModule(notebook: string): NotebookModule {
  const { cells } = readNotebook(path.join(folder, notebook));
  const lines: string[] = [];
  const cellStarts: number[] = [];
  for (const cell of cells.filter(({ cell_type }) => cell_type === 'code')) {
    cellStarts.push(lines.length);
    lines.push(...sourceOf(cell).split('\n'));
  }
  return { notebook, text: `${lines.join('\n')}\nexport {};\n`, cellStarts };
}

function describe(diagnostic: ts.Diagnostic, modules: Map<string, NotebookModule>): string {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
  const module = diagnostic.file && modules.get(path.resolve(diagnostic.file.fileName));
  if (!diagnostic.file || !module) {
    return message;
  }
  const { line } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
  const cell = module.cellStarts.filter((start) => start <= line).length;
  const lineInCell = line - (module.cellStarts[cell - 1] ?? 0) + 1;
  const source = module.text.split('\n')[line]?.trim();
  return `notebooks/${module.notebook}, code cell ${cell}, line ${lineInCell}: ${message}\n    ${source}`;
}

function check(modules: Map<string, NotebookModule>): readonly ts.Diagnostic[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    esModuleInterop: true,
    types: ['node'],
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (file) => modules.get(path.resolve(file))?.text ?? readFile(file);
  host.fileExists = (file) => modules.has(path.resolve(file)) || fileExists(file);
  return ts.getPreEmitDiagnostics(ts.createProgram([...modules.keys()], options, host));
}

const modules = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith('.ipynb'))
    .map((notebook) => [path.join(folder, `${notebook}.ts`), toModule(notebook)] as const),
);
const diagnostics = check(modules);
for (const diagnostic of diagnostics) {
  console.error(describe(diagnostic, modules));
}
console.log(
  `${modules.size} notebooks, ${diagnostics.length} type error${diagnostics.length === 1 ? '' : 's'}`,
);
process.exitCode = diagnostics.length === 0 ? 0 : 1;
