/**
 * Loads what cells import: packages, Node's modules, ES modules, and local `.ts` files, which are
 * compiled when they are loaded, and reloaded when they have changed.
 */
import { statSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { rememberSource } from './errors';
import { describeTensorFlow } from './values';

/** Compiles a file to a CommonJS module; `text` is given if the file is not on the disk. */
export type Transpile = (fileName: string, text?: string) => { code: string; sourceMap: string };

/** Node's own functions for CommonJS, which its types leave out. */
interface NodeModules {
  _extensions: Record<
    string,
    (module: NodeModule & { _compile(code: string, file: string): void }, file: string) => void
  >;
  _load(request: string, parent: NodeModule | undefined, isMain: boolean): unknown;
  _resolveFilename(request: string, parent: NodeModule | undefined, ...rest: unknown[]): string;
}

const node = Module as unknown as NodeModules;
/** The codes of `require`'s errors for modules that only `import` can load. */
const onlyImport = new Set([
  'ERR_REQUIRE_ESM',
  'ERR_REQUIRE_ASYNC_MODULE',
  'ERR_PACKAGE_PATH_NOT_EXPORTED',
]);

/** The project's library, or TensorFlow itself, as a cell imports it. */
const tensorFlowUser =
  /\bfrom\s*['"]((\.\.\/)+lib|typescript-neural-network-notebooks|@tensorflow\/tfjs-node)['"]/;

type Exports = Record<string, unknown>;

export class Modules {
  readonly require: NodeJS.Require;
  private readonly nativeImport: (specifier: string) => Promise<Exports>;
  /** The local `.ts` files that were loaded, with the time of their last change. */
  private readonly loaded = new Map<string, number>();
  private readonly virtual = new Map<string, string>();

  constructor(
    private readonly folder: string,
    private readonly transpile: Transpile,
    /** The kernel's own modules, by name. */
    private readonly own: Record<string, () => unknown>,
  ) {
    const from = path.join(folder, 'notebook.js');
    this.require = createRequire(from);
    this.nativeImport = vm.compileFunction('return import(specifier)', ['specifier'], {
      filename: from,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }) as (specifier: string) => Promise<Exports>;
    this.hookInto();
    keepQuietAboutLoader();
  }

  /** Makes a text a module that cells import as `./name`. */
  define(name: string, text: string): void {
    const fileName = path.join(this.folder, `${name}.ts`);
    this.virtual.set(fileName, text);
    this.loaded.set(fileName, -1);
  }

  /**
   * Loads TensorFlow while a cell is compiled that will want it. Both take half a second, in two
   * threads.
   */
  prepare(source: string): void {
    if (tensorFlowUser.test(source)) {
      try {
        this.require('@tensorflow/tfjs-node');
      } catch {
        // What is wrong, the cell's own import says.
      }
    }
  }

  /** Loads a module; returns a promise for those that only `import` can load. */
  load(specifier: string): Exports | Promise<Exports> {
    this.forgetChanged();
    try {
      return this.require(specifier);
    } catch (error) {
      if (onlyImport.has((error as NodeJS.ErrnoException).code ?? '')) {
        return this.nativeImport(specifier);
      }
      throw error;
    }
  }

  /** `import()` in a cell. */
  async import(specifier: string): Promise<Exports> {
    return namespaceOf(await this.load(String(specifier)));
  }

  private hookInto(): void {
    node._extensions['.ts'] = (module, fileName) => {
      const { code, sourceMap } = this.transpile(fileName, this.virtual.get(fileName));
      this.loaded.set(fileName, modifiedAt(fileName));
      rememberSource(fileName, '', sourceMap);
      module._compile(code, fileName);
    };
    node._extensions['.tsx'] = node._extensions['.ts'];
    const { _load, _resolveFilename } = node;
    node._load = (request, parent, isMain) => {
      const own = this.own[request];
      return own ? own() : describeTensorFlow(request, _load(request, parent, isMain));
    };
    node._resolveFilename = (request, parent, ...rest) => {
      try {
        return _resolveFilename(request, parent, ...rest);
      } catch (error) {
        const found = request.startsWith('.') ? this.findSource(request, parent) : undefined;
        if (found === undefined) {
          throw error;
        }
        return found;
      }
    };
  }

  /** `./name` that a cell has defined, or the `name.ts` that `./name.js` refers to. */
  private findSource(request: string, parent: NodeModule | undefined): string | undefined {
    const name = path.resolve(path.dirname(parent?.filename ?? this.folder), request);
    return [name, `${name}.ts`, name.replace(/\.js$/, '.ts')].find(
      (one) => this.virtual.has(one) || (one !== name && modifiedAt(one) >= 0),
    );
  }

  /** Reloads local files that have changed, and those that import them. */
  private forgetChanged(): void {
    const { cache } = this.require;
    const changed = new Set(
      [...this.loaded]
        .filter(([name, at]) => modifiedAt(name) !== at || this.virtual.has(name))
        .map(([name]) => name),
    );
    let size = -1;
    while (changed.size > 0 && size < changed.size) {
      size = changed.size;
      for (const name of this.loaded.keys()) {
        if (cache[name]?.children.some(({ filename }) => changed.has(filename))) {
          changed.add(name);
        }
      }
    }
    for (const name of changed) {
      delete cache[name];
      this.loaded.delete(name);
    }
  }
}

/**
 * Suppresses a warning of Node.js about the loader of `import()` in cells, which readers cannot
 * change.
 */
function keepQuietAboutLoader(): void {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).startsWith('vm.USE_MAIN_CONTEXT_DEFAULT_LOADER')) {
      (emitWarning as (...all: unknown[]) => void).call(process, warning, ...rest);
    }
  };
}

function modifiedAt(fileName: string): number {
  return statSync(fileName, { throwIfNoEntry: false })?.mtimeMs ?? -1;
}

function isNamespace(module: Exports): boolean {
  return (
    Object.prototype.toString.call(module) === '[object Module]' || module?.__esModule === true
  );
}

/** A module as `import * as` sees it. */
function namespaceOf(module: Exports): Exports {
  if (isNamespace(module)) {
    return module;
  }
  const namespace: Exports = { default: module };
  for (const name of Object.keys(Object(module))) {
    if (name !== 'default') {
      Object.defineProperty(namespace, name, { enumerable: true, get: () => module[name] });
    }
  }
  return namespace;
}

/** The value of an imported name. */
export function pick(module: Exports, imported: string): unknown {
  switch (imported) {
    case '=':
      return module;
    case '*':
      return namespaceOf(module);
    case 'default':
      return isNamespace(module) ? module.default : module;
    default:
      return module[imported];
  }
}

/** `import.meta` in the cells of a notebook. */
export function importMeta(folder: string, resolve: NodeJS.RequireResolve) {
  const url = pathToFileURL(path.join(folder, 'notebook.ts')).href;
  return {
    url,
    dirname: folder,
    filename: path.join(folder, 'notebook.ts'),
    resolve: (specifier: string) => {
      const found = resolve(specifier);
      return path.isAbsolute(found) ? pathToFileURL(found).href : `node:${found}`;
    },
  };
}
