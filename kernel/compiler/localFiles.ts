/** Compiles local `.ts` files to the CommonJS modules that cells load. */
import ts from 'typescript';

export interface TranspileRequest {
  fileName: string;
  /** The file's text, if it is not on the disk. */
  text?: string;
}

/**
 * Compiles one file without checking its types: they were checked with the cell that imports it.
 */
export function transpile({ fileName, text }: TranspileRequest): {
  code: string;
  sourceMap: string;
} {
  const source = text ?? ts.sys.readFile(fileName);
  if (source === undefined) {
    throw new Error(`${fileName} cannot be read`);
  }
  const { outputText, sourceMapText } = ts.transpileModule(source, {
    fileName,
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
      jsx: ts.JsxEmit.React,
      sourceMap: true,
    },
  });
  const code = outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, '');
  return { code, sourceMap: sourceMapText ?? '' };
}
