import { existsSync, readFileSync, statSync } from "node:fs";
import Module, { createRequire } from "node:module";

/**
 * TypeScript files of the user beside the notebook, `import { f } from "./f"` (or "./f.ts", or "./f.js" as TypeScript wants it
 * written): compiled one by one to CommonJS, without types, when first required.
 */

/** The TypeScript file that a path without, or with a stand-in, extension means; absent when it means something else. */
export function typeScriptFile(path: string): string | undefined {
  const candidates = /\.[cm]?tsx?$/.test(path)
    ? [path]
    : isFile(path)
      ? []
      : [`${path}.ts`, `${path}.tsx`, path.replace(/\.js$/, ".ts"), `${path}/index.ts`];
  const file = candidates.find((candidate) => /\.[cm]?tsx?$/.test(candidate) && isFile(candidate));
  if (file) compileTypeScriptFiles();
  return file;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

type Extensions = Record<string, (module: { _compile(code: string, file: string): void }, file: string) => void>;
let compiles = false;

/** Node's own door for other languages of CommonJS; the compiler is loaded with the first file. */
function compileTypeScriptFiles(): void {
  if (compiles) return;
  compiles = true;
  const extensions = (Module as unknown as { _extensions: Extensions })._extensions;
  for (const extension of [".ts", ".tsx", ".cts"]) {
    extensions[extension] ??= (module, file) => module._compile(commonJs(file), file);
  }
}

function commonJs(file: string): string {
  const ts = createRequire(import.meta.url)("typescript") as typeof import("typescript");
  const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), {
    fileName: file,
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
      jsx: ts.JsxEmit.React,
      inlineSourceMap: false,
    },
  });
  return outputText;
}
