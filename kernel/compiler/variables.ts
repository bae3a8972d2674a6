/** Declarations of variables at the top of a cell, which become assignments to the scope. */
import ts from 'typescript';
import { assign, inScope, isDeclared, isTopLevel, member, named, scopeName } from './pieces';

const { factory } = ts;

export class Variables {
  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly cells: ReadonlySet<ts.SourceFile>,
    private readonly visit: (node: ts.Node) => ts.Node,
  ) {}

  /** `var i = 0` in `for (var i = 0; …)`, `var x` in `for (var x of …)`. */
  inFor(list: ts.VariableDeclarationList): ts.Node {
    const first = list.declarations[0] as ts.VariableDeclaration;
    return ts.isForInStatement(list.parent) || ts.isForOfStatement(list.parent)
      ? this.target(first.name)
      : (this.assignments(list) ?? factory.createOmittedExpression());
  }

  /** The replacement of a declaration; `undefined` if it declares no top-level variable. */
  statement(node: ts.VariableStatement): ts.Node | undefined {
    const list = node.declarationList;
    if (isDeclared(node)) {
      return factory.createNotEmittedStatement(node);
    }
    if (!this.areTopLevel(list)) {
      return undefined;
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

  /** `a = 1, b = 2` for `let a = 1, b = 2`; `undefined` if nothing is assigned. */
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

  /** A declared name, or a pattern of names, as the target of an assignment. */
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

  /** Whether a list declares top-level variables: either all of them are, or none. */
  areTopLevel(list: ts.VariableDeclarationList): boolean {
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

  private expression(node: ts.Expression): ts.Expression {
    return ts.visitNode(node, this.visit, ts.isExpression);
  }
}
