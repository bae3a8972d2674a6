/**
 * What a cell becomes before TypeScript compiles it to JavaScript. Its top-level names become
 * properties of one object, the scope, which all cells share: so a function sees what a later cell
 * gives a variable, and nothing has to be copied from cell to cell.
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
import type { CellImport } from '../messages';
import { type CompilerSourceFile, internals } from './internals';

const { factory } = ts;

/** The names of the two objects that a cell's function is given. */
export const scopeName = '$scope';
export const kernelName = '$kernel';

/** Whether `symbol` is a name at the top of one of the cells. */
function isTopLevel(symbol: ts.Symbol | undefined, cells: ReadonlySet<ts.SourceFile>): boolean {
  return (symbol?.declarations ?? []).some((declaration) => {
    const file = declaration.getSourceFile() as CompilerSourceFile;
    return (
      cells.has(file) &&
      [file.locals, file.symbol?.exports].some((table) => {
        const found = table?.get(symbol?.escapedName as ts.__String);
        return found !== undefined && (found === symbol || found.declarations?.[0] === declaration);
      })
    );
  });
}

/** `$scope.name` or `$kernel.name`. */
function member(object: string, name: string): ts.PropertyAccessExpression {
  return factory.createPropertyAccessExpression(factory.createIdentifier(object), name);
}

function inScope(name: ts.Identifier): ts.PropertyAccessExpression {
  return ts.setTextRange(member(scopeName, name.text), name);
}

function callKernel(name: string, args: readonly ts.Expression[]): ts.CallExpression {
  return factory.createCallExpression(member(kernelName, name), undefined, args);
}

function assign(target: ts.Expression, value: ts.Expression): ts.Expression {
  return factory.createAssignment(target, value);
}

/** `f = () => 1` would leave the function without its name; `f = { f: () => 1 }.f` does not. */
function named(name: ts.Identifier, value: ts.Expression): ts.Expression {
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

function withoutExport(modifiers: ts.NodeArray<ts.ModifierLike> | undefined) {
  return modifiers?.filter(
    ({ kind }) => kind !== ts.SyntaxKind.ExportKeyword && kind !== ts.SyntaxKind.DefaultKeyword,
  );
}

function isDeclared(node: ts.HasModifiers): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false;
}

/** What one cell loads; names that stand for types alone are left out, as in TypeScript. */
export function importsOf(file: ts.SourceFile, checker: ts.TypeChecker): CellImport[] {
  const isValue = (name: ts.Identifier | undefined) => {
    const symbol = name && checker.getSymbolAtLocation(name);
    return (
      symbol !== undefined &&
      (symbol.flags & ts.SymbolFlags.Alias
        ? (checker.getAliasedSymbol(symbol).flags & ts.SymbolFlags.Value) !== 0
        : true)
    );
  };
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

/** Whether the cell waits for something outside its functions. */
export function hasTopLevelAwait(file: ts.SourceFile): boolean {
  const find = (node: ts.Node): boolean =>
    ts.isAwaitExpression(node) ||
    (ts.isForOfStatement(node) && node.awaitModifier !== undefined) ||
    (ts.isVariableDeclarationList(node) &&
      (node.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing) ||
    (!ts.isFunctionLike(node) && (ts.forEachChild(node, find) ?? false));
  return find(file);
}

/** The transformation of one cell, for TypeScript's `emit`. `cells` are this cell and those before. */
export function transformCell(
  checker: ts.TypeChecker,
  cells: ReadonlySet<ts.SourceFile>,
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => new CellTransformer(checker, cells, context).transform(file);
}

class CellTransformer {
  /** Assignments of functions, which are there from the cell's start. */
  private readonly hoisted: ts.Statement[] = [];

  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly cells: ReadonlySet<ts.SourceFile>,
    private readonly context: ts.TransformationContext,
  ) {}

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
      return ts.isExternalModuleReference(statement.moduleReference) || statement.isTypeOnly
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

  /** Classes, enums and namespaces stay declarations; the scope is given what they declare. */
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
      return this.variableStatement(node);
    }
    if (ts.isVariableDeclarationList(node) && this.declaresTopLevel(node)) {
      // In `for (var i = 0; …)` and `for (var x of …)`.
      const first = node.declarations[0];
      return ts.isForInStatement(node.parent) || ts.isForOfStatement(node.parent)
        ? this.target((first as ts.VariableDeclaration).name)
        : (this.assignments(node) ?? factory.createOmittedExpression());
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

  private variableStatement(node: ts.VariableStatement): ts.Node {
    const list = node.declarationList;
    if (isDeclared(node)) {
      return factory.createNotEmittedStatement(node);
    }
    if (!this.declaresTopLevel(list)) {
      return ts.visitEachChild(node, this.visit, this.context);
    }
    if (list.flags & ts.NodeFlags.Using) {
      // `using` has to stay, because it disposes at the cell's end.
      const kept = factory.updateVariableDeclarationList(
        list,
        list.declarations.map((one) => {
          const value = one.initializer && this.expression(one.initializer);
          const name = one.name as ts.Identifier;
          const both = value && assign(member(scopeName, name.text), value);
          return factory.updateVariableDeclaration(one, name, undefined, undefined, both);
        }),
      );
      return factory.updateVariableStatement(node, [], kept);
    }
    const assignments = this.assignments(list);
    return assignments
      ? ts.setTextRange(factory.createExpressionStatement(assignments), node)
      : factory.createNotEmittedStatement(node);
  }

  /** `a = 1, b = 2` for `let a = 1, b = 2`; `undefined` where nothing is assigned. */
  private assignments(list: ts.VariableDeclarationList): ts.Expression | undefined {
    const isVar = (list.flags & ts.NodeFlags.BlockScoped) === 0;
    const all = list.declarations.flatMap(({ name, initializer }) => {
      if (!initializer) {
        return isVar ? [] : [assign(this.target(name), factory.createVoidZero())];
      }
      const value = this.expression(initializer);
      return [
        ts.setTextRange(
          assign(this.target(name), ts.isIdentifier(name) ? named(name, value) : value),
          name,
        ),
      ];
    });
    return all.length > 0
      ? all.reduce((left, right) => factory.createComma(left, right))
      : undefined;
  }

  /** What a declared name, or a pattern of names, is as the target of an assignment. */
  private target(name: ts.BindingName): ts.Expression {
    if (ts.isIdentifier(name)) {
      return inScope(name);
    }
    const withDefault = ({ name: inner, initializer }: ts.BindingElement) =>
      initializer ? assign(this.target(inner), this.expression(initializer)) : this.target(inner);
    if (ts.isObjectBindingPattern(name)) {
      return factory.createObjectLiteralExpression(
        name.elements.map((element) =>
          element.dotDotDotToken
            ? factory.createSpreadAssignment(this.target(element.name))
            : factory.createPropertyAssignment(
                element.propertyName
                  ? ts.visitNode(element.propertyName, this.visit, ts.isPropertyName)
                  : (element.name as ts.Identifier).text,
                withDefault(element),
              ),
        ),
      );
    }
    return factory.createArrayLiteralExpression(
      name.elements.map((element) => {
        if (ts.isOmittedExpression(element)) {
          return element;
        }
        return element.dotDotDotToken
          ? factory.createSpreadElement(this.target(element.name))
          : withDefault(element);
      }),
    );
  }

  private declaresTopLevel(list: ts.VariableDeclarationList): boolean {
    const first = (name: ts.BindingName): ts.Identifier | undefined =>
      ts.isIdentifier(name)
        ? name
        : name.elements.flatMap((one) =>
            ts.isBindingElement(one) ? (first(one.name) ?? []) : [],
          )[0];
    const names = list.declarations.flatMap(({ name }) => first(name) ?? []);
    const file = list.getSourceFile();
    if (names.length === 0) {
      // `const {} = f()`
      return list.parent.parent === file && ts.isVariableStatement(list.parent);
    }
    return isTopLevel(this.checker.getSymbolAtLocation(names[0] as ts.Identifier), this.cells);
  }

  /** Whether an identifier stands for a top-level variable, and is no declaration of one. */
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
    // Inside its own declaration a class, an enum or a namespace has its name from the start.
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

/** `(0, f)`: called without the scope as `this`. */
function withoutThis(callee: ts.Expression): ts.Expression {
  ts.setEmitFlags(callee, ts.EmitFlags.NoTrailingSourceMap);
  const inner = factory.createParenthesizedExpression(
    factory.createComma(factory.createNumericLiteral(0), callee),
  );
  // Stack traces then name the start of the call.
  return ts.setEmitFlags(ts.setTextRange(inner, callee), ts.EmitFlags.NoTrailingSourceMap);
}
