/** How cells are compiled: for this Node.js, without browsers' names, strictly. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const nodeMajor = Number(process.versions.node.split('.')[0]);

/** What the kernel itself gives to cells, for example `prompt`. */
export const declarationsFile = path
  .resolve(__dirname, '../../../kernel/compiler/cell-globals.d.ts')
  .replaceAll('\\', '/');

/** The libraries of JavaScript that this Node.js has. */
function libraries(): string[] {
  const names =
    nodeMajor >= 22
      ? ['es2024', 'esnext.collection', 'esnext.iterator', 'esnext.array', 'esnext.promise']
      : ['es2023', 'es2024.arraybuffer', 'es2024.string'];
  return [...names, 'esnext.disposable', 'decorators'].map((name) => `lib.${name}.d.ts`);
}

/** Where the types of Node.js are: those of the notebook's folder, or else those of the kernel. */
function typeRoots(folder: string): string[] {
  const roots: string[] = [];
  for (let at = folder; ; at = path.dirname(at)) {
    roots.push(path.join(at, 'node_modules/@types'));
    if (at === path.dirname(at)) {
      break;
    }
  }
  roots.push(path.resolve(__dirname, '../../../node_modules/@types'));
  return roots.filter((root) => existsSync(path.join(root, 'node')));
}

export function compilerOptions(folder: string, strict: boolean): ts.CompilerOptions {
  return {
    target: ts.ScriptTarget.ES2022,
    lib: libraries(),
    // `import` and `import = require` side by side; packages are resolved as bundlers do.
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    esModuleInterop: true,
    resolveJsonModule: true,
    allowImportingTsExtensions: true,
    rewriteRelativeImportExtensions: true,
    allowJs: true,
    jsx: ts.JsxEmit.React,
    strict,
    typeRoots: typeRoots(folder),
    types: ['node'],
    skipLibCheck: true,
    preserveConstEnums: true,
    sourceMap: true,
    newLine: ts.NewLineKind.LineFeed,
  };
}
