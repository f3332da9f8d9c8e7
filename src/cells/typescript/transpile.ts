import ts from "typescript";
import { replaceText } from "./replace-text.js";

/** What `ts.transpileModule` gives, for one text after another. */
export interface Transpiler {
  /** @throws what TypeScript throws for a text that it cannot walk; the next text is not touched by that */
  transpile(text: string, transformers: ts.CustomTransformers): { readonly js: string; readonly map: string };
}

/** A program keeps what it saw of each text; after so many a new one is made. */
const MOST_TEXTS = 200;
const MOST_CHARACTERS = 500_000;

/**
 * Emits texts as `ts.transpileModule` does, without types and each for itself, but keeps program and checker from one text
 * to the next: making them anew takes longer than a short cell takes to emit.
 */
export function createTranspiler(fileName: string, given: ts.CompilerOptions): Transpiler {
  const options = { ...given, ...alone };
  let held: { readonly program: ts.Program; readonly file: ts.SourceFile } | undefined;
  let texts = 0;
  let characters = 0;
  return {
    transpile(text, transformers) {
      texts += 1;
      characters += text.length;
      if (texts > MOST_TEXTS || characters > MOST_CHARACTERS) held = undefined;
      try {
        if (held) replaceText(held.file, text, options);
        else {
          held = programOf(fileName, text, options);
          texts = 1;
          characters = text.length;
        }
        return emit(held.program, transformers);
      } catch (error) {
        held = undefined;
        throw error;
      }
    },
  };
}

/** What `ts.transpileModule` sets whatever it is given: nothing beside the text is read. */
const alone: ts.CompilerOptions & { readonly suppressOutputPathCheck: true } = {
  isolatedModules: true,
  suppressOutputPathCheck: true,
  allowNonTsExtensions: true,
  noLib: true,
  noResolve: true,
};

function programOf(fileName: string, text: string, options: ts.CompilerOptions) {
  const file = ts.createSourceFile(fileName, text, {
    languageVersion: options.target ?? ts.ScriptTarget.ESNext,
    // `moduleDetection: force`; the parser reads it to allow `await`.
    setExternalModuleIndicator: (each) => void Object.assign(each, { externalModuleIndicator: true }),
  });
  const host: ts.CompilerHost = {
    getSourceFile: (name) => (name === fileName ? file : undefined),
    writeFile: () => {},
    getDefaultLibFileName: () => "lib.d.ts",
    useCaseSensitiveFileNames: () => false,
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => "",
    getNewLine: () => "\n",
    fileExists: (name) => name === fileName,
    readFile: () => "",
    directoryExists: () => true,
    getDirectories: () => [],
  };
  return { program: ts.createProgram([fileName], options, host), file };
}

function emit(program: ts.Program, transformers: ts.CustomTransformers): { readonly js: string; readonly map: string } {
  let js: string | undefined;
  let map = "";
  const write = (name: string, content: string) => {
    if (name.endsWith(".map")) map = content;
    else js = content;
  };
  program.emit(undefined, write, undefined, undefined, transformers);
  if (js === undefined) throw new Error("Debug Failure. Nothing was emitted");
  return { js, map };
}
