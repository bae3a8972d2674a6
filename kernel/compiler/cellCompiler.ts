/** Compiles a cell's TypeScript to JavaScript, or returns its errors. */
import path from 'node:path';
import ts from 'typescript';
import type { CellMistake, CompileResult } from '../messages';
import { namesWithValues } from './cellFile';
import { hasTopLevelAwait, importsOf } from './cellImports';
import type { CompilerSourceFile } from './internals';
import { NotebookProgram } from './notebookProgram';
import { transformCell } from './transform';

/** TypeScript's numbers of errors that do not apply to variables of an earlier cell. */
const notAcrossCells = new Set([
  2454, // used before being assigned: a cell in between may have done so
  7005, // implicitly has an 'any' type: `let x;`, `const list = [];`, which later cells fill
  7034,
]);

/** `// @strict: false` at the start of a line turns strict checking off for the notebook. */
const strictComment = /^[ \t]*\/\/[ \t]*@strict:[ \t]*(true|false)\b/m;
/** What TypeScript writes at the end of a file that exports nothing. */
const ending = /((?<![^\n])export \{\};\s*)?\/\/# sourceMappingURL=[^\n]*\s*$/;
/** `/** @module name *\/` makes a cell a module that other cells can import. */
const moduleComment = /^\s*\/\*\*[^/]*@module\s+(\w+)[^/]*\*\//;

export class CellCompiler {
  readonly notebook: NotebookProgram;

  constructor(folder: string) {
    this.notebook = new NotebookProgram(folder);
  }

  /** Compiles what every cell needs, so that the first cell is fast. */
  warmUp(): void {
    this.notebook.program.getTypeChecker();
  }

  /**
   * Compiles a cell. Later cells see its names, unless it has errors.
   *
   * @param name its name in stack traces.
   */
  compile(source: string, name: string): CompileResult {
    const strict = strictComment.exec(source)?.[1];
    if (strict) {
      this.notebook.setStrict(strict === 'true');
    }
    const module = moduleComment.exec(source)?.[1];
    if (module) {
      return this.defineModule(source, name, module);
    }
    const file = this.notebook.open(source);
    const mistakes = this.mistakesIn(file);
    if (mistakes.length > 0) {
      return { mistakes };
    }
    this.notebook.cellSet.add(file);
    const { program, cellSet } = this.notebook;
    const checker = program.getTypeChecker();
    const emitted = { code: '', sourceMap: '' };
    program.emit(
      file,
      (fileName, text) => {
        emitted[fileName.endsWith('.map') ? 'sourceMap' : 'code'] = text;
      },
      undefined,
      false,
      { before: [transformCell(checker, cellSet)] },
    );
    const code = emitted.code.replace(ending, '');
    const imports = importsOf(file, checker);
    this.notebook.add(file);
    return {
      cell: {
        name,
        source,
        ...emitted,
        code,
        imports,
        isAsync: hasTopLevelAwait(file),
        names: namesWithValues(file),
      },
    };
  }

  /** Makes a cell a module that other cells import as `./name`. */
  private defineModule(source: string, name: string, module: string): CompileResult {
    const folder = this.notebook.folder.replaceAll('\\', '/');
    this.notebook.setVirtualFile(path.posix.join(folder, `${module}.ts`), source);
    const file = this.notebook.open(`import ${JSON.stringify(`./${module}`)}`);
    const mistakes = this.mistakesIn(file);
    return mistakes.length > 0
      ? { mistakes }
      : {
          cell: {
            name,
            source,
            code: '',
            sourceMap: '',
            isAsync: false,
            names: [],
            imports: [],
            module,
          },
        };
  }

  private mistakesIn(file: CompilerSourceFile): CellMistake[] {
    if (file.parseDiagnostics.length > 0) {
      return file.parseDiagnostics.flatMap((one) => this.describe(one, file));
    }
    const { program } = this.notebook;
    const local = this.notebook.localFiles(file);
    const found = [file, ...local].flatMap((one) => [
      ...(one === file ? [] : program.getSyntacticDiagnostics(one)),
      ...program.getSemanticDiagnostics(one),
    ]);
    return found
      .filter((one) => one.category === ts.DiagnosticCategory.Error)
      .filter((one) => !(notAcrossCells.has(one.code) && this.isOfEarlierCell(one, file)))
      .flatMap((one) => this.describe(one, file));
  }

  private isOfEarlierCell(diagnostic: ts.Diagnostic, file: CompilerSourceFile): boolean {
    const name = file.text.slice(
      diagnostic.start,
      (diagnostic.start ?? 0) + (diagnostic.length ?? 0),
    );
    return !file.locals?.has(name as ts.__String);
  }

  private describe(diagnostic: ts.Diagnostic, cell: ts.SourceFile): CellMistake[] {
    const { file, code } = diagnostic;
    if (!file) {
      return [];
    }
    // Something missing at the end, a brace for example, is reported after the last character.
    const end = file.text.trimEnd().length;
    const start = Math.min(diagnostic.start ?? 0, end);
    const { line, character } = file.getLineAndCharacterOfPosition(start);
    return [
      {
        message: ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'),
        code,
        line: line + 1,
        column: character + 1,
        text: file.text.split(/\r?\n/)[line] ?? '',
        ...(file === cell ? {} : { file: path.relative(this.notebook.folder, file.fileName) }),
      },
    ];
  }
}
