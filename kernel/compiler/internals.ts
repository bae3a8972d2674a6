/**
 * The parts of TypeScript that the kernel uses beyond its documented interface. `typescript.js`
 * exports all of them; `test/kernel/compiler.test.ts` fails if a newer TypeScript lacks one.
 */
import ts from 'typescript';

/** A node of TypeScript's control flow graph. */
export interface FlowNode {
  flags: number;
  antecedent?: FlowNode | FlowNode[];
  /** For a start: the function around it, where the analysis continues. */
  node?: { flowNode: FlowNode };
}

/** TypeScript's `FlowFlags`. */
export const flowFlags = { unreachable: 1, start: 2 };

/** A source file with the properties that the compiler adds. */
export interface CompilerSourceFile extends ts.SourceFile {
  path: ts.Path;
  resolvedPath: ts.Path;
  originalFileName: string;
  /** Where names are looked up next: the previous cell. */
  parent: ts.SourceFile;
  /** The names declared at the top level. */
  locals?: ts.SymbolTable;
  symbol?: ts.Symbol;
  endFlowNode?: FlowNode;
  externalModuleIndicator?: ts.Node | true;
  parseDiagnostics: ts.DiagnosticWithLocation[];
  imports: readonly ts.StringLiteralLike[];
  moduleAugmentations: readonly ts.StringLiteral[];
  ambientModuleNames: readonly string[];
}

/** A program with the function by which the type checker resolves imports. */
export interface CompilerProgram extends ts.Program {
  getResolvedModule(
    file: ts.SourceFile,
    moduleName: string,
    mode: ts.ResolutionMode,
  ): ts.ResolvedModuleWithFailedLookupLocations | undefined;
}

interface Internals {
  bindSourceFile(file: ts.SourceFile, options: ts.CompilerOptions): void;
  toPath(name: string, folder: string, canonical: (name: string) => string): ts.Path;
  /** 0: only types, 1: instantiated, 2: only const enums. */
  getModuleInstanceState(node: ts.ModuleDeclaration): 0 | 1 | 2;
  skipOuterExpressions(node: ts.Node): ts.Node;
  getTouchingPropertyName(file: ts.SourceFile, position: number): ts.Node;
  getContainerNode(node: ts.Node): ts.Node | undefined;
  typeToDisplayParts(
    checker: ts.TypeChecker,
    type: ts.Type,
    enclosing?: ts.Node,
  ): ts.SymbolDisplayPart[];
  SymbolDisplay: {
    getSymbolDisplayPartsDocumentationAndSymbolKind(
      checker: ts.TypeChecker,
      symbol: ts.Symbol,
      file: ts.SourceFile,
      enclosing: ts.Node | undefined,
      location: ts.Node,
    ): Pick<ts.QuickInfo, 'displayParts' | 'documentation' | 'tags'>;
  };
  SignatureHelp: {
    getSignatureHelpItems(
      program: ts.Program,
      file: ts.SourceFile,
      position: number,
      reason: ts.SignatureHelpTriggerReason | undefined,
      cancellation: ts.CancellationToken,
    ): ts.SignatureHelpItems | undefined;
  };
  Completions: {
    getCompletionsAtPosition(
      host: Partial<ts.LanguageServiceHost>,
      program: ts.Program,
      log: (message: string) => void,
      file: ts.SourceFile,
      position: number,
      preferences: ts.UserPreferences,
      trigger: undefined,
      kind: ts.CompletionTriggerKind,
      cancellation: ts.CancellationToken,
      format: undefined,
      includeSymbol: true,
    ): ts.CompletionInfo | undefined;
  };
}

export const internals = ts as unknown as Internals;
