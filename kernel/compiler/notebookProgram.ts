/**
 * The notebook as TypeScript's type checker sees it.
 *
 * Every cell is a separate module. Names that it does not declare are looked up in the previous
 * cell, and so on. The cells are not part of the program: it holds the libraries, the packages and
 * the local files that cells import. One type checker checks cell after cell, until a cell imports
 * something new or a file changes. So a cell costs only its own check.
 */
import path from 'node:path';
import ts from 'typescript';
import { leaveOpenTypes, specifiersOf, startOf } from './cellFile';
import {
  type CompilerProgram,
  type CompilerSourceFile,
  type FlowNode,
  flowFlags,
  internals,
} from './internals';
import { compilerOptions, declarationsFile } from './options';

/** A module's file, parsed. */
interface ReadFile {
  file: ts.SourceFile | undefined;
  modified: number;
}

const canonical = (name: string) => name;
// Browsers' types declare what Node.js does not have.
const browserLibrary = /[\\/]lib\.(dom|webworker|scripthost)(\.[a-z.]+)?\.d\.ts$/;

/** Node.js has `WebAssembly` too, but only browsers' types declare it. */
function webAssembly(): string {
  const library = path.join(path.dirname(ts.getDefaultLibFilePath({})), 'lib.dom.d.ts');
  const text = ts.sys.readFile(library) ?? '';
  const start = text.indexOf('declare namespace WebAssembly {');
  return text.slice(start, text.indexOf('\n}', start) + 2);
}

/** Declarations are read without their comments; see documentation.ts. */
function parsingOf(fileName: string, language: ts.ScriptTarget | ts.CreateSourceFileOptions) {
  return {
    ...(typeof language === 'object' ? language : { languageVersion: language }),
    jsDocParsingMode: /\.d\.[cm]?ts$/.test(fileName)
      ? ts.JSDocParsingMode.ParseNone
      : ts.JSDocParsingMode.ParseAll,
  };
}

function isInPackage(fileName: string): boolean {
  return fileName.includes('/node_modules/');
}

export class NotebookProgram {
  /** The cells whose names may be used, in the order in which they ran. */
  readonly cells: CompilerSourceFile[] = [];
  readonly cellSet = new Set<ts.SourceFile>();
  /** The end of the control flow of the last cell that finished. */
  private flowEnd: FlowNode | undefined;
  private options: ts.CompilerOptions;
  private readonly importsFile: string;
  private readonly specifiers = new Set<string>();
  private readonly files = new Map<string, ReadFile>();
  private readonly virtualFiles = new Map<string, string>();
  private resolutions: ts.ModuleResolutionCache;
  private current: CompilerProgram | undefined;
  private cellNumber = 0;

  /** @param folder the notebook's folder, from which imports are resolved. */
  constructor(readonly folder: string) {
    this.options = compilerOptions(folder, true);
    this.importsFile = path.posix.join(folder.replaceAll('\\', '/'), '__imports__.ts');
    this.resolutions = this.newResolutions();
  }

  get program(): ts.Program {
    this.current ??= this.create(undefined);
    return this.current;
  }

  get isStrict(): boolean {
    return this.options.strict === true;
  }

  /** Whether cells are checked strictly from now on. */
  setStrict(strict: boolean): void {
    if (strict !== this.isStrict) {
      this.options = compilerOptions(this.folder, strict);
      this.current = undefined;
      // A file keeps what an earlier checker found out about its control flow.
      this.files.clear();
    }
  }

  /** Adds a module that a cell defines. */
  setVirtualFile(fileName: string, text: string): void {
    this.virtualFiles.set(fileName, text);
    this.files.delete(fileName);
    this.resolutions = this.newResolutions();
    this.current = undefined;
  }

  /** Makes a cell ready for the type checker, which then knows what it imports. */
  open(source: string): CompilerSourceFile {
    const fileName = path.posix.join(
      path.posix.dirname(this.importsFile),
      `__cell${++this.cellNumber}__.ts`,
    );
    const file = ts.createSourceFile(
      fileName,
      source,
      {
        languageVersion: this.options.target ?? ts.ScriptTarget.ES2022,
        setExternalModuleIndicator: (one) => {
          (one as CompilerSourceFile).externalModuleIndicator = true;
        },
      },
      false,
      ts.ScriptKind.TS,
    ) as CompilerSourceFile;
    file.path = internals.toPath(fileName, this.folder, canonical);
    file.resolvedPath = file.path;
    file.originalFileName = fileName;
    file.imports = [];
    file.moduleAugmentations = [];
    file.ambientModuleNames = [];
    leaveOpenTypes(file);
    this.refresh(specifiersOf(file));
    internals.bindSourceFile(file, this.options);
    const start = startOf(file);
    if (start && this.flowEnd) {
      start.node = { flowNode: this.flowEnd };
    }
    file.parent = this.cells.at(-1) ?? (undefined as unknown as ts.SourceFile);
    return file;
  }

  /**
   * The cell that was added last has finished: the next one starts with what is known at its end.
   * After `if (!found) throw …`, `found` is known to be defined.
   */
  continueFlow(): void {
    const end = this.cells.at(-1)?.endFlowNode;
    if (end && !(end.flags & flowFlags.unreachable)) {
      this.flowEnd = end;
    }
  }

  /** Lets later cells use what a cell declares. */
  add(file: CompilerSourceFile): void {
    this.cells.push(file);
    this.cellSet.add(file);
  }

  /** The local files, without declarations, that a cell's imports lead to. */
  localFiles(file: ts.SourceFile): ts.SourceFile[] {
    const found = new Set<ts.SourceFile>();
    const follow = (specifiers: Iterable<string>, from: ts.SourceFile) => {
      for (const specifier of specifiers) {
        const resolved = this.resolve(from, specifier)?.resolvedFileName;
        const next = resolved && !isInPackage(resolved) && this.program.getSourceFile(resolved);
        if (next && !next.isDeclarationFile && !found.has(next)) {
          found.add(next);
          follow(specifiersOf(next), next);
        }
      }
    };
    const imports = this.program.getSourceFile(this.importsFile) as ts.SourceFile;
    follow(specifiersOf(file), imports);
    return [...found];
  }

  private resolve(file: ts.SourceFile, specifier: string): ts.ResolvedModuleFull | undefined {
    const program = this.program as CompilerProgram;
    return [ts.ModuleKind.ESNext, ts.ModuleKind.CommonJS, undefined]
      .map((mode) => program.getResolvedModule(file, specifier, mode as ts.ResolutionMode))
      .find((found) => found?.resolvedModule)?.resolvedModule;
  }

  /** Makes a new program if a specifier is new, or if a file that the old one read has changed. */
  private refresh(specifiers: Iterable<string>): void {
    const wanted = [...specifiers];
    const unknown = wanted.filter((one) => !this.specifiers.has(one));
    for (const specifier of unknown) {
      this.specifiers.add(specifier);
    }
    const imports = this.current?.getSourceFile(this.importsFile);
    const missing = imports ? wanted.some((one) => !this.resolve(imports, one)) : false;
    const changed = this.forgetChanged();
    if (missing || changed) {
      this.resolutions = this.newResolutions();
    }
    if (!this.current || unknown.length > 0 || missing || changed) {
      this.files.delete(this.importsFile);
      this.current = this.create(missing || changed ? undefined : this.current);
    }
  }

  /**
   * Forgets the local files that have changed since they were read; returns whether there are any.
   */
  private forgetChanged(): boolean {
    let changed = false;
    for (const [name, { modified }] of this.files) {
      if (modified >= 0 && modifiedAt(name) !== modified) {
        this.files.delete(name);
        changed = true;
      }
    }
    return changed;
  }

  private create(old: ts.Program | undefined): CompilerProgram {
    const program = ts.createProgram({
      rootNames: [declarationsFile, this.importsFile],
      options: this.options,
      host: this.host(),
      oldProgram: old,
    }) as CompilerProgram;
    // Cells are not part of the program; a separate file imports everything that they import.
    const { getResolvedModule } = program;
    program.getResolvedModule = (file, name, mode) => {
      const isCell = /__cell\d+__\.ts$/.test(file.fileName);
      const from = isCell ? (program.getSourceFile(this.importsFile) as ts.SourceFile) : file;
      return getResolvedModule(from, name, mode);
    };
    return program;
  }

  private newResolutions(): ts.ModuleResolutionCache {
    return ts.createModuleResolutionCache(this.folder, canonical, this.options);
  }

  private host(): ts.CompilerHost {
    return {
      ...ts.sys,
      getSourceFile: (fileName, language) => this.readSource(fileName, language),
      getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
      getDefaultLibLocation: () => path.dirname(ts.getDefaultLibFilePath(this.options)),
      getCurrentDirectory: () => this.folder,
      getCanonicalFileName: canonical,
      getModuleResolutionCache: () => this.resolutions,
      useCaseSensitiveFileNames: () => true,
      getNewLine: () => '\n',
      fileExists: (name) => this.virtualFiles.has(name) || ts.sys.fileExists(name),
      readFile: (name) => this.virtualFiles.get(name) ?? ts.sys.readFile(name),
      writeFile: () => {
        throw new Error('The compiler of cells does not write files.');
      },
    };
  }

  private readSource(
    fileName: string,
    language: ts.ScriptTarget | ts.CreateSourceFileOptions,
  ): ts.SourceFile | undefined {
    const known = this.files.get(fileName);
    if (known) {
      return known.file;
    }
    const text = this.textOf(fileName);
    const file =
      text === undefined
        ? undefined
        : ts.createSourceFile(fileName, text, parsingOf(fileName, language), false);
    const isFixed =
      isInPackage(fileName) || fileName === this.importsFile || this.virtualFiles.has(fileName);
    this.files.set(fileName, { file, modified: isFixed ? -1 : modifiedAt(fileName) });
    return file;
  }

  private textOf(fileName: string): string | undefined {
    if (fileName === this.importsFile) {
      const lines = [...this.specifiers].map((specifier, index) => {
        const quoted = JSON.stringify(specifier);
        return `import ${quoted}; import m${index} = require(${quoted});`;
      });
      return `${lines.join('\n')}\nexport {};\n`;
    }
    if (browserLibrary.test(fileName)) {
      return '';
    }
    if (fileName === declarationsFile) {
      return `${ts.sys.readFile(fileName)}${webAssembly()}`;
    }
    return this.virtualFiles.get(fileName) ?? ts.sys.readFile(fileName);
  }
}

function modifiedAt(fileName: string): number {
  return ts.sys.getModifiedTime?.(fileName)?.getTime() ?? 0;
}
