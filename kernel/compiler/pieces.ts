/** The pieces of code that the transformation of a cell makes. */
import ts from 'typescript';
import type { CompilerSourceFile } from './internals';

const { factory } = ts;

/** The names of the two parameters of a cell's function. */
export const scopeName = '$scope';
export const kernelName = '$kernel';

/** Whether `symbol` is a top-level name of one of the cells. */
export function isTopLevel(
  symbol: ts.Symbol | undefined,
  cells: ReadonlySet<ts.SourceFile>,
): boolean {
  return (symbol?.declarations ?? []).some((declaration) => {
    const file = declaration.getSourceFile() as CompilerSourceFile;
    return (
      cells.has(file) &&
      // What a cell only declares (`declare`) exists elsewhere: a global variable.
      (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Ambient) === 0 &&
      [file.locals, file.symbol?.exports].some((table) => {
        const found = table?.get(symbol?.escapedName as ts.__String);
        return found !== undefined && (found === symbol || found.declarations?.[0] === declaration);
      })
    );
  });
}

/** `$scope.name` or `$kernel.name`. */
export function member(object: string, name: string): ts.PropertyAccessExpression {
  return factory.createPropertyAccessExpression(factory.createIdentifier(object), name);
}

export function inScope(name: ts.Identifier): ts.PropertyAccessExpression {
  return ts.setTextRange(member(scopeName, name.text), name);
}

export function callKernel(name: string, args: readonly ts.Expression[]): ts.CallExpression {
  return factory.createCallExpression(member(kernelName, name), undefined, args);
}

export function assign(target: ts.Expression, value: ts.Expression): ts.Expression {
  return factory.createAssignment(target, value);
}

/** `f = () => 1` would leave the function without its name; `f = { f: () => 1 }.f` does not. */
export function named(name: ts.Identifier, value: ts.Expression): ts.Expression {
  const inner = ts.skipPartiallyEmittedExpressions(value);
  const isAnonymous =
    ts.isArrowFunction(inner) ||
    ((ts.isFunctionExpression(inner) || ts.isClassExpression(inner)) && !inner.name);
  if (!isAnonymous) {
    return value;
  }
  const object = factory.createObjectLiteralExpression([
    factory.createPropertyAssignment(name.text, value),
  ]);
  return factory.createPropertyAccessExpression(object, name.text);
}

export function withoutExport(modifiers: ts.NodeArray<ts.ModifierLike> | undefined) {
  return modifiers?.filter(
    ({ kind }) => kind !== ts.SyntaxKind.ExportKeyword && kind !== ts.SyntaxKind.DefaultKeyword,
  );
}

export function isDeclared(node: ts.HasModifiers): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false;
}

/** `(0, f)`: called without the scope as `this`. */
export function withoutThis(callee: ts.Expression): ts.Expression {
  ts.setEmitFlags(callee, ts.EmitFlags.NoTrailingSourceMap);
  const inner = factory.createParenthesizedExpression(
    factory.createComma(factory.createNumericLiteral(0), callee),
  );
  // Stack traces then name the start of the call.
  return ts.setEmitFlags(ts.setTextRange(inner, callee), ts.EmitFlags.NoTrailingSourceMap);
}
