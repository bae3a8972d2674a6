/** Inspects and changes a cell's file before its types are checked. */
import ts from 'typescript';
import { type CompilerSourceFile, type FlowNode, flowFlags } from './internals';

/** Where the control flow of a cell starts. */
export function startOf(file: CompilerSourceFile): FlowNode | undefined {
  const statements = file.statements as unknown as { flowNode?: FlowNode }[];
  let flow = statements.find(({ flowNode }) => flowNode)?.flowNode ?? file.endFlowNode;
  while (flow && !(flow.flags & flowFlags.start)) {
    flow = Array.isArray(flow.antecedent) ? flow.antecedent[0] : flow.antecedent;
  }
  return flow;
}

/**
 * Gives `let x;` and `let x = null;` at the top of a cell the type `any`: often only a later cell
 * assigns such a variable, and TypeScript does not look there.
 */
export function leaveOpenTypes(file: ts.SourceFile): void {
  for (const statement of file.statements) {
    const list = ts.isVariableStatement(statement) ? statement.declarationList : undefined;
    if (list && (list.flags & (ts.NodeFlags.Const | ts.NodeFlags.Using)) === 0) {
      for (const declaration of list.declarations) {
        const { type, initializer } = declaration;
        const isOpen =
          !initializer ||
          initializer.kind === ts.SyntaxKind.NullKeyword ||
          (ts.isIdentifier(initializer) && initializer.text === 'undefined');
        if (!type && isOpen && ts.isIdentifier(declaration.name)) {
          const any = ts.factory.createKeywordTypeNode(ts.SyntaxKind.AnyKeyword);
          Object.assign(declaration, { type: any });
        }
      }
    }
  }
}

/** The names at the top of a cell that have no value, and so cannot be read, until the cell has run. */
export function namesWithValues(file: CompilerSourceFile): string[] {
  const { Value, Alias, FunctionScopedVariable } = ts.SymbolFlags;
  return [file.locals, file.symbol?.exports]
    .flatMap((table) => [...(table?.values() ?? [])])
    .filter(({ flags }) => flags & (Value | Alias) && !(flags & FunctionScopedVariable))
    .map(ts.symbolName);
}

/** The modules that a file imports, in any form. */
export function specifiersOf(file: ts.SourceFile): Set<string> {
  const found = new Set<string>();
  const note = (node: ts.Node | undefined) => {
    if (node && ts.isStringLiteralLike(node)) {
      found.add(node.text);
    }
  };
  const search = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      note(node.moduleSpecifier);
    } else if (ts.isExternalModuleReference(node)) {
      note(node.expression);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      note(node.argument.literal);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      note(node.arguments[0]);
    }
    ts.forEachChild(node, search);
  };
  // Most cells import nothing.
  if (/\bimport\b|\bexport\b/.test(file.text)) {
    search(file);
  }
  return found;
}
