/**
 * Transforms a cell before TypeScript compiles it to JavaScript. Its top-level names become
 * properties of one object, the scope, which all cells share: so a function sees values that a
 * later cell assigns, and nothing is copied from cell to cell.
 *
 * | in the cell             | in what runs                                              |
 * |-------------------------|-----------------------------------------------------------|
 * | `let rate = 0.1`        | `$scope.rate = 0.1`                                       |
 * | `show(rate)`            | `(0, $scope.show)($scope.rate)`                           |
 * | `import { x } from 'm'` | nothing: `imports` tells what to load before the cell runs |
 * | `await x`               | `await $kernel.wait(x)`, which an interrupt ends          |
 * | `throw x`               | `throw $kernel.thrown(x)`, which remembers the line       |
 * | the last expression `x` | `$kernel.result = x`                                      |
 */
import ts from 'typescript';
import { standsForValue } from './cellImports';
import { internals } from './internals';
import {
  assign,
  callKernel,
  inScope,
  isDeclared,
  isTopLevel,
  kernelName,
  member,
  scopeName,
  withoutExport,
  withoutThis,
} from './pieces';
import { Variables } from './variables';

const { factory } = ts;

/** The transformation of one cell, for TypeScript's `emit`. `cells` are this cell and those before. */
export function transformCell(
  checker: ts.TypeChecker,
  cells: ReadonlySet<ts.SourceFile>,
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => new CellTransformer(checker, cells, context).transform(file);
}

class CellTransformer {
  /** Assignments of functions, which are hoisted to the cell's start. */
  private readonly hoisted: ts.Statement[] = [];
  private readonly variables: Variables;

  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly cells: ReadonlySet<ts.SourceFile>,
    private readonly context: ts.TransformationContext,
  ) {
    this.variables = new Variables(checker, cells, this.visit);
  }

  transform(file: ts.SourceFile): ts.SourceFile {
    const last = [...file.statements].findLast((statement) => !ts.isEmptyStatement(statement));
    const statements = file.statements.flatMap((statement) => this.topStatement(statement, last));
    return factory.updateSourceFile(file, [...this.hoisted, ...statements]);
  }

  private readonly visit = (node: ts.Node): ts.Node => this.visitNode(node);

  private expression(node: ts.Expression): ts.Expression {
    return ts.visitNode(node, this.visit, ts.isExpression);
  }

  private topStatement(
    statement: ts.Statement,
    last: ts.Statement | undefined,
  ): ts.Statement | ts.Statement[] {
    if (ts.isExpressionStatement(statement) || ts.isExportAssignment(statement)) {
      const value = this.expression(statement.expression);
      const result = statement === last ? assign(member(kernelName, 'result'), value) : value;
      return ts.setTextRange(factory.createExpressionStatement(result), statement);
    }
    if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) {
      return [];
    }
    if (ts.isImportEqualsDeclaration(statement)) {
      return ts.isExternalModuleReference(statement.moduleReference) ||
        statement.isTypeOnly ||
        !standsForValue(statement.name, this.checker)
        ? []
        : factory.createExpressionStatement(
            assign(inScope(statement.name), this.entity(statement.moduleReference)),
          );
    }
    if (ts.isFunctionDeclaration(statement)) {
      return this.functionDeclaration(statement);
    }
    if (
      ts.isClassDeclaration(statement) ||
      ts.isEnumDeclaration(statement) ||
      ts.isModuleDeclaration(statement)
    ) {
      return this.otherDeclaration(statement);
    }
    return this.visitNode(statement) as ts.Statement;
  }

  private entity(name: ts.EntityName): ts.Expression {
    return ts.isIdentifier(name)
      ? (this.visitNode(name) as ts.Expression)
      : factory.createPropertyAccessExpression(this.entity(name.left), name.right);
  }

  private functionDeclaration(node: ts.FunctionDeclaration): ts.Statement[] {
    if (!node.body || isDeclared(node)) {
      return [];
    }
    const name = node.name ?? factory.createIdentifier('default_1');
    const visited = ts.visitEachChild(node, this.visit, this.context);
    this.hoisted.push(
      factory.createExpressionStatement(
        assign(member(scopeName, name.text), factory.createIdentifier(name.text)),
      ),
    );
    return [
      factory.updateFunctionDeclaration(
        visited,
        withoutExport(visited.modifiers),
        visited.asteriskToken,
        name,
        visited.typeParameters,
        visited.parameters,
        visited.type,
        visited.body,
      ),
    ];
  }

  /** Classes, enums and namespaces stay declarations; then they are assigned to the scope. */
  private otherDeclaration(
    node: ts.ClassDeclaration | ts.EnumDeclaration | ts.ModuleDeclaration,
  ): ts.Statement[] {
    if (isDeclared(node) || (ts.isModuleDeclaration(node) && !ts.isIdentifier(node.name))) {
      return [];
    }
    if (ts.isModuleDeclaration(node) && internals.getModuleInstanceState(node) === 0) {
      return [];
    }
    const name = (node.name ?? factory.createIdentifier('default_1')) as ts.Identifier;
    const visited = ts.visitEachChild(node, this.visit, this.context);
    const modifiers = withoutExport(visited.modifiers);
    const declaration = ts.isClassDeclaration(visited)
      ? factory.updateClassDeclaration(
          visited,
          modifiers,
          name,
          visited.typeParameters,
          visited.heritageClauses,
          visited.members,
        )
      : ts.isEnumDeclaration(visited)
        ? factory.updateEnumDeclaration(
            visited,
            modifiers as ts.Modifier[] | undefined,
            name,
            visited.members,
          )
        : factory.updateModuleDeclaration(visited, modifiers, visited.name, visited.body);
    const assignment = assign(member(scopeName, name.text), factory.createIdentifier(name.text));
    return [declaration, factory.createExpressionStatement(assignment)];
  }

  private visitNode(node: ts.Node): ts.Node {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) {
      return node;
    }
    if (ts.isIdentifier(node)) {
      return this.isReference(node) ? inScope(node) : node;
    }
    if (ts.isShorthandPropertyAssignment(node)) {
      return this.shorthand(node);
    }
    if (ts.isVariableStatement(node)) {
      return this.variables.statement(node) ?? ts.visitEachChild(node, this.visit, this.context);
    }
    if (ts.isVariableDeclarationList(node) && this.variables.areTopLevel(node)) {
      return this.variables.inFor(node);
    }
    if (ts.isForOfStatement(node) && node.awaitModifier) {
      const visited = ts.visitEachChild(node, this.visit, this.context);
      return factory.updateForOfStatement(
        visited,
        visited.awaitModifier,
        visited.initializer,
        callKernel('iterate', [visited.expression]),
        visited.statement,
      );
    }
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
      return member(kernelName, 'meta');
    }
    const visited = ts.visitEachChild(node, this.visit, this.context);
    if (ts.isAwaitExpression(visited)) {
      return factory.updateAwaitExpression(visited, callKernel('wait', [visited.expression]));
    }
    if (ts.isThrowStatement(visited)) {
      return factory.updateThrowStatement(
        visited,
        ts.setTextRange(callKernel('thrown', [visited.expression]), node),
      );
    }
    if (ts.isCallExpression(visited)) {
      return this.call(visited, node as ts.CallExpression);
    }
    if (
      ts.isTaggedTemplateExpression(visited) &&
      ts.isIdentifier(internals.skipOuterExpressions((node as ts.TaggedTemplateExpression).tag))
    ) {
      return factory.updateTaggedTemplateExpression(
        visited,
        withoutThis(visited.tag),
        visited.typeArguments,
        visited.template,
      );
    }
    return visited;
  }

  private call(visited: ts.CallExpression, original: ts.CallExpression): ts.Expression {
    if (original.expression.kind === ts.SyntaxKind.ImportKeyword) {
      return ts.setTextRange(callKernel('import', visited.arguments), original);
    }
    const callee = internals.skipOuterExpressions(original.expression);
    if (!ts.isIdentifier(callee) || !this.isReference(callee)) {
      return visited;
    }
    return factory.updateCallExpression(
      visited,
      withoutThis(visited.expression),
      visited.typeArguments,
      visited.arguments,
    );
  }

  private shorthand(node: ts.ShorthandPropertyAssignment): ts.Node {
    const symbol = this.checker.getShorthandAssignmentValueSymbol(node);
    const byDefault = node.objectAssignmentInitializer;
    if (!isTopLevel(symbol, this.cells)) {
      return ts.visitEachChild(node, this.visit, this.context);
    }
    const value = inScope(node.name);
    return factory.createPropertyAssignment(
      node.name.text,
      byDefault ? assign(value, this.expression(byDefault)) : value,
    );
  }

  /** Whether an identifier is a use of a top-level variable, not its declaration. */
  private isReference(node: ts.Identifier): boolean {
    const { parent } = node;
    if (
      !parent ||
      ('name' in parent && parent.name === node && ts.isDeclarationStatement(parent))
    ) {
      return false;
    }
    const symbol = this.checker.getSymbolAtLocation(node);
    if (!isTopLevel(symbol, this.cells)) {
      return false;
    }
    // Inside its own declaration, the name of a class, an enum or a namespace is already defined.
    return !(symbol?.declarations ?? []).some(
      (declaration) =>
        (ts.isClassDeclaration(declaration) ||
          ts.isEnumDeclaration(declaration) ||
          ts.isModuleDeclaration(declaration)) &&
        declaration.getSourceFile() === node.getSourceFile() &&
        declaration.pos <= node.pos &&
        node.end <= declaration.end,
    );
  }
}
