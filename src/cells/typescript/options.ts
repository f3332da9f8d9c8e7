import ts from "typescript";

/** How the cells of one folder are compiled. */
export interface CellOptions {
  readonly options: ts.CompilerOptions;
  /** `<a/>` is an element: the user's tsconfig sets `jsx`. */
  readonly jsx: boolean;
  /** Names that elements use without writing them: `React`, or those of the tsconfig. */
  readonly jsxNames: readonly string[];
  /**
   * No tsconfig asks for it, so a parameter without a type is no mistake: most cells are written once and read once.
   */
  readonly implicitAny: boolean;
  /** Why the user's tsconfig.json is not used; absent when it is, or there is none. */
  readonly problem?: string;
}

/** Options that a notebook must have, whatever a tsconfig says: cells are modules, nothing is written, unused names are none of our business. */
const FORCED: ts.CompilerOptions = {
  noEmit: true,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  esModuleInterop: true,
  allowSyntheticDefaultImports: true,
  resolveJsonModule: true,
  skipLibCheck: true,
  libReplacement: false,
  isolatedModules: false,
  isolatedDeclarations: false,
  verbatimModuleSyntax: false,
  erasableSyntaxOnly: false,
  allowImportingTsExtensions: true,
  noUnusedLocals: false,
  noUnusedParameters: false,
  allowUnreachableCode: true,
  allowUnusedLabels: true,
  noUncheckedSideEffectImports: false,
};

/** What Node 20 has. */
const LIBRARIES = ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"];

/** Options of a build that mean nothing for a cell, or stop a program from being made. */
const DROPPED = [
  ..."rootDir rootDirs outDir outFile declaration declarationMap declarationDir emitDeclarationOnly composite".split(
    " ",
  ),
  ..."incremental tsBuildInfoFile sourceMap inlineSourceMap inlineSources mapRoot sourceRoot noEmitOnError".split(" "),
  ..."noLib noResolve checkJs allowJs customConditions plugins rewriteRelativeImportExtensions out".split(" "),
];

/**
 * Options for cells of a folder: those of the nearest tsconfig.json of the folder or one above it, merged over
 * `strict`, ES2023 and Node's types.
 */
export function readOptions(folder: string): CellOptions {
  const file = ts.findConfigFile(folder, ts.sys.fileExists);
  if (file === undefined) return merge({});
  const { config, error } = ts.readConfigFile(file, ts.sys.readFile);
  if (error) return { ...merge({}), problem: tell(file, error) };
  // Which files belong to the project does not matter here, and looking for them may take long.
  const host: ts.ParseConfigHost = { ...ts.sys, readDirectory: () => [] };
  const base = ts.sys.resolvePath(`${file}/..`);
  const { options, errors } = ts.parseJsonConfigFileContent(
    { ...config, files: ["cell.ts"] },
    host,
    base,
    undefined,
    file,
  );
  const [broken] = errors;
  return broken ? { ...merge({}), problem: tell(file, broken) } : merge(options);
}

function tell(file: string, { messageText }: ts.Diagnostic): string {
  return `${file} is not used: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
}

function merge(user: ts.CompilerOptions): CellOptions {
  const kept = Object.fromEntries(Object.entries(user).filter(([name]) => !DROPPED.includes(name)));
  const target = Math.max(user.target ?? ts.ScriptTarget.ES2024, ts.ScriptTarget.ES2022);
  const options = { strict: true, lib: LIBRARIES, types: ["node"], ...kept, ...FORCED, target };
  const jsx = user.jsx !== undefined && user.jsx !== ts.JsxEmit.None;
  return {
    options,
    jsx,
    jsxNames: namesOfElements(user),
    implicitAny: user.strict === undefined && user.noImplicitAny === undefined,
  };
}

function namesOfElements(user: ts.CompilerOptions): string[] {
  if (user.jsx === ts.JsxEmit.ReactJSX || user.jsx === ts.JsxEmit.ReactJSXDev) return [];
  const root = (factory: string) => factory.split(".")[0] ?? factory;
  return [
    root(user.jsxFactory ?? user.reactNamespace ?? "React"),
    ...(user.jsxFragmentFactory ? [root(user.jsxFragmentFactory)] : []),
  ];
}
