/**
 * Answers JupyterLab's requests while a cell is being written: Shift-Tab, Tab, and whether Enter
 * runs it.
 */
import ts from 'typescript';
import type { Completeness, Completion } from '../messages';
import type { CellCompiler } from './cellCompiler';
import { isDeprecated, readDocumentationOf } from './documentation';
import { type CompilerSourceFile, internals } from './internals';

const neverCancelled: ts.CancellationToken = {
  isCancellationRequested: () => false,
  throwIfCancellationRequested: () => {},
};

/** Jupyter counts Unicode's code points, JavaScript UTF-16 code units. */
export function toIndex(text: string, codePoints: number): number {
  return [...text].slice(0, codePoints).join('').length;
}

export function toCodePoints(text: string, index: number): number {
  return [...text.slice(0, index)].length;
}

function textOf(parts: readonly ts.SymbolDisplayPart[] | undefined): string {
  return (parts ?? []).map(({ text }) => text).join('');
}

function describe({ displayParts, documentation, tags }: Partial<ts.QuickInfo>): string {
  const head = textOf(displayParts);
  const lines = (tags ?? []).map(({ name, text }) => `@${name} ${textOf(text)}`.trimEnd());
  const documents = [textOf(documentation), ...lines].filter(Boolean).join('\n');
  return documents ? `${head}\n\n${documents}` : head;
}

/** The type and the documentation of the name at a position. */
function quickInfo(
  checker: ts.TypeChecker,
  file: CompilerSourceFile,
  position: number,
): string | undefined {
  const node = internals.getTouchingPropertyName(file, position);
  const symbol = node === file ? undefined : checker.getSymbolAtLocation(node);
  readDocumentationOf(checker, symbol);
  if (symbol) {
    const container = internals.getContainerNode(node);
    return describe(
      internals.SymbolDisplay.getSymbolDisplayPartsDocumentationAndSymbolKind(
        checker,
        symbol,
        file,
        container,
        node,
      ),
    );
  }
  if (ts.isIdentifier(node)) {
    const type = checker.getTypeAtLocation(node);
    return textOf(internals.typeToDisplayParts(checker, type, node.parent));
  }
  return undefined;
}

/** The innermost call whose arguments are around a position; it need not be closed yet. */
function callAround(
  file: ts.SourceFile,
  position: number,
): ts.CallExpression | ts.NewExpression | undefined {
  let found: ts.CallExpression | ts.NewExpression | undefined;
  const visit = (node: ts.Node) => {
    const isOpen = file.text.slice(node.end, position).trim() === '';
    if (node.pos > position || !(position <= node.end || isOpen)) {
      return;
    }
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && node.expression.end < position) {
      found = node;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The signature of the call whose parentheses are around a position. */
function signature(
  program: ts.Program,
  file: CompilerSourceFile,
  position: number,
): string | undefined {
  const checker = program.getTypeChecker();
  const called = callAround(file, position)?.expression;
  if (called) {
    const name = ts.isPropertyAccessExpression(called) ? called.name : called;
    readDocumentationOf(checker, checker.getSymbolAtLocation(name));
  }
  const help = internals.SignatureHelp.getSignatureHelpItems(
    program,
    file,
    position,
    undefined,
    neverCancelled,
  );
  const item = help?.items[help.selectedItemIndex];
  if (!help || !item) {
    return undefined;
  }
  const parameters = item.parameters
    .map(({ displayParts }) => textOf(displayParts))
    .join(textOf(item.separatorDisplayParts));
  const displayParts = [
    {
      kind: 'text',
      text: textOf(item.prefixDisplayParts) + parameters + textOf(item.suffixDisplayParts),
    },
  ];
  return describe({ displayParts, documentation: item.documentation, tags: item.tags });
}

/** What Shift-Tab shows at a position (in code points); `undefined` where there is nothing. */
export function inspect(
  { notebook }: CellCompiler,
  source: string,
  cursor: number,
): string | undefined {
  const position = toIndex(source, cursor);
  const file = notebook.open(source);
  const checker = notebook.program.getTypeChecker();
  return (
    quickInfo(checker, file, position) ??
    signature(notebook.program, file, position) ??
    // Right after a name, where the cursor is after typing it.
    (position > 0 ? quickInfo(checker, file, position - 1) : undefined)
  );
}

/**
 * How well `name` matches the typed text: 0 at its start, 1 at its start in another case, 2 inside.
 */
function rank(name: string, typed: string): number | undefined {
  if (name.startsWith(typed)) {
    return 0;
  }
  const position = name.toLowerCase().indexOf(typed.toLowerCase());
  return position < 0 ? undefined : Math.min(position + 1, 2);
}

export function complete({ notebook }: CellCompiler, source: string, cursor: number): Completion {
  const position = toIndex(source, cursor);
  const file = notebook.open(source);
  const info = internals.Completions.getCompletionsAtPosition(
    // For the names of files and packages in `import '…'`.
    {
      ...ts.sys,
      useCaseSensitiveFileNames: () => true,
      getCurrentDirectory: () => notebook.folder,
      getCompilationSettings: () => notebook.program.getCompilerOptions(),
    },
    notebook.program,
    () => {},
    file,
    position,
    {},
    undefined,
    ts.CompletionTriggerKind.Invoked,
    neverCancelled,
    undefined,
    true,
  );
  const checker = notebook.program.getTypeChecker();
  const span = info?.optionalReplacementSpan ?? info?.entries[0]?.replacementSpan;
  const before = /[\p{ID_Continue}$]*$/u.exec(source.slice(0, position))?.[0] ?? '';
  const start = span?.start ?? position - before.length;
  const end = Math.max(span ? span.start + span.length : position, position);
  const typed = source.slice(start, position);
  const matches = (info?.entries ?? [])
    .flatMap((entry) => {
      const fit = rank(entry.name, typed);
      // TypeScript's order is by `sortText`, in which those of deprecated names begin with a `z`.
      const isOld = entry.symbol !== undefined && isDeprecated(checker, entry.symbol);
      const order = `${fit}${isOld ? 'z' : ''}${entry.sortText}`;
      return fit === undefined ? [] : [{ ...entry, order }];
    })
    .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
  return {
    matches: matches.map(({ name, insertText }) => insertText ?? name),
    kinds: matches.map(({ kind }) => kind),
    start: toCodePoints(source, start),
    end: toCodePoints(source, end),
  };
}

/** TypeScript's error numbers for a comment or a template that the end of the text cuts off. */
const cutOff = new Set([1010, 1160]);
const unterminatedString = 1002;

/** Whether code is complete, incomplete, or invalid however it continues. */
export function completeness(source: string): Completeness {
  if (/\n[ \t]*\n[ \t]*$/.test(source)) {
    // Two empty lines: the reader wants to run it anyway.
    return { status: 'complete' };
  }
  const file = ts.createSourceFile('cell.ts', source, {
    languageVersion: ts.ScriptTarget.ES2022,
    setExternalModuleIndicator: (one) => {
      (one as CompilerSourceFile).externalModuleIndicator = true;
    },
  }) as CompilerSourceFile;
  const [first] = file.parseDiagnostics;
  if (!first) {
    return { status: 'complete' };
  }
  const end = source.trimEnd().length;
  return (first.start >= end && first.code !== unterminatedString) || cutOff.has(first.code)
    ? { status: 'incomplete', indent: indentAfter(source) }
    : { status: 'invalid' };
}

/** The indentation of the line after `source`. */
function indentAfter(source: string): string {
  const line = source.slice(source.lastIndexOf('\n') + 1);
  const indent = /^\s*/.exec(line)?.[0] ?? '';
  return /[{([]\s*$/.test(line) ? `${indent}  ` : indent;
}
