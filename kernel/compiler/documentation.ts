/**
 * Documentation comments of declaration files. The start reads three megabytes of declarations;
 * without comments that takes a third less time. The comments of a file are read when its
 * documentation is needed.
 */
import ts from 'typescript';

/** A node with TypeScript's record of the comments in front of it. */
type Documented = ts.Node & { jsDoc?: (ts.Node & { parent: ts.Node })[]; jsDocCache?: unknown };

const complete = new WeakSet<ts.SourceFile>();

/** To be called before the documentation of a symbol is looked up. */
export function readDocumentationOf(checker: ts.TypeChecker, symbol: ts.Symbol | undefined): void {
  const seen = new Set<ts.Symbol>();
  const visit = (one: (ts.Symbol & { parent?: ts.Symbol }) | undefined) => {
    if (!one || seen.has(one)) {
      return;
    }
    seen.add(one);
    if (one.flags & ts.SymbolFlags.Alias) {
      visit(checker.getAliasedSymbol(one));
    }
    for (const declaration of one.declarations ?? []) {
      readDocumentation(declaration.getSourceFile());
      // Members without documentation inherit that of the base classes and interfaces.
      if (ts.isClassLike(declaration) || ts.isInterfaceDeclaration(declaration)) {
        for (const { types } of declaration.heritageClauses ?? []) {
          types.forEach((type) => {
            visit(checker.getTypeAtLocation(type).symbol);
          });
        }
      }
    }
    visit(one.parent);
  };
  visit(symbol);
}

/**
 * Whether all declarations of a symbol are marked `@deprecated`. TypeScript knows this only of files
 * that it has read with their comments.
 */
export function isDeprecated(checker: ts.TypeChecker, symbol: ts.Symbol): boolean {
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const { declarations = [] } = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  return declarations.length > 0 && declarations.every(isMarkedDeprecated);
}

function isMarkedDeprecated(declaration: ts.Declaration): boolean {
  const { text } = declaration.getSourceFile();
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const comment = ts.getLeadingCommentRanges(text, node.pos)?.at(-1);
  return (
    comment !== undefined && /^\/\*\*.*@deprecated\b/s.test(text.slice(comment.pos, comment.end))
  );
}

function readDocumentation(file: ts.SourceFile): void {
  if (!file.isDeclarationFile || complete.has(file)) {
    return;
  }
  complete.add(file);
  const { fileName, text, languageVersion } = file;
  const options = { languageVersion, jsDocParsingMode: ts.JSDocParsingMode.ParseAll };
  takeOver(file, ts.createSourceFile(fileName, text, options, true));
}

/** Both are trees of the same text, so they have the same form. */
function takeOver(to: Documented, from: Documented): void {
  if (from.jsDoc) {
    to.jsDoc = from.jsDoc;
    delete to.jsDocCache;
    for (const comment of from.jsDoc) {
      comment.parent = to;
    }
  }
  const children: ts.Node[] = [];
  ts.forEachChild(from, (child) => {
    children.push(child);
  });
  let index = 0;
  ts.forEachChild(to, (child) => {
    takeOver(child, children[index++] as ts.Node);
  });
}
