/** What a cell imports, and whether it awaits anything. */
import ts from 'typescript';
import type { CellImport } from '../messages';

/** Whether an imported name, or one that `import a = b.c` gives, is more than a type. */
export function standsForValue(name: ts.Identifier, checker: ts.TypeChecker): boolean {
  const symbol = checker.getSymbolAtLocation(name);
  return (
    symbol !== undefined &&
    (symbol.flags & ts.SymbolFlags.Alias
      ? (checker.getAliasedSymbol(symbol).flags & ts.SymbolFlags.Value) !== 0
      : true)
  );
}

/** The imports of a cell, without names that are only types, as in TypeScript. */
export function importsOf(file: ts.SourceFile, checker: ts.TypeChecker): CellImport[] {
  const isValue = (name: ts.Identifier) => standsForValue(name, checker);
  const imports: CellImport[] = [];
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
      const { importClause: clause } = statement;
      const bindings: CellImport['bindings'] = [];
      if (clause && clause.phaseModifier !== ts.SyntaxKind.TypeKeyword) {
        if (clause.name && isValue(clause.name)) {
          bindings.push({ name: clause.name.text, imported: 'default' });
        }
        const named = clause.namedBindings;
        if (named && ts.isNamespaceImport(named)) {
          bindings.push({ name: named.name.text, imported: '*' });
        }
        for (const element of named && ts.isNamedImports(named) ? named.elements : []) {
          if (!element.isTypeOnly && isValue(element.name)) {
            const imported = (element.propertyName ?? element.name).text;
            bindings.push({ name: element.name.text, imported });
          }
        }
      }
      if (!clause || bindings.length > 0) {
        imports.push({ specifier: statement.moduleSpecifier.text, bindings });
      }
    } else if (
      ts.isImportEqualsDeclaration(statement) &&
      !statement.isTypeOnly &&
      ts.isExternalModuleReference(statement.moduleReference) &&
      ts.isStringLiteral(statement.moduleReference.expression)
    ) {
      const specifier = statement.moduleReference.expression.text;
      imports.push({ specifier, bindings: [{ name: statement.name.text, imported: '=' }] });
    }
  }
  return imports;
}

/** Whether the cell awaits something outside its functions. */
export function hasTopLevelAwait(file: ts.SourceFile): boolean {
  const find = (node: ts.Node): boolean =>
    ts.isAwaitExpression(node) ||
    (ts.isForOfStatement(node) && node.awaitModifier !== undefined) ||
    (ts.isVariableDeclarationList(node) &&
      (node.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing) ||
    (!ts.isFunctionLike(node) && (ts.forEachChild(node, find) ?? false));
  return find(file);
}
