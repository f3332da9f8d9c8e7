import type { WordingOf } from "./wording.js";

/** Notebooks run, checked and formatted from the shell. */
export interface NotebookFacts {
  readonly "notebook-unreadable": { readonly path: string; readonly reason: string };
  readonly "notebook-language": { readonly path: string; readonly language: string };
  readonly "notebook-parameter-unknown": {
    readonly name: string;
    readonly known: readonly string[];
    readonly nearest?: string;
  };
  /** A mistake that TypeScript found in a cell; the words are TypeScript's. */
  readonly "typescript-cell": { readonly number: number; readonly message: string };
  /** A first line such as `%%python` that means nothing. */
  readonly "cell-magic": { readonly message: string; readonly known: readonly string[] };
  readonly "notebook-not-written": { readonly path: string; readonly reason: string };
}

export const notebookWording: WordingOf<NotebookFacts> = {
  "notebook-unreadable": ({ path, reason }) => ({ message: `${path} cannot be read as a notebook: ${reason}` }),
  "notebook-language": ({ path, language }) => ({
    message: `${path} is a notebook of ${language}; Nibble runs TypeScript and Nibble cells`,
    hint: 'choose the kernel "TypeScript (Nibble)" or "Nibble" in Jupyter, or run it with `jupyter execute`',
  }),
  "notebook-parameter-unknown": ({ name, known, nearest }) => ({
    message: `no cell of the notebook has a parameter "${name}"`,
    hint: nearest
      ? `did you mean "${nearest}"?`
      : known.length > 0
        ? `parameters are: ${known.join(", ")}`
        : "declare it by `param NAME = ...` in a Nibble cell, or as a variable in the cell tagged `parameters`",
  }),
  "typescript-cell": ({ number, message }) => ({ message: number === 0 ? message : `TS${number}: ${message}` }),
  "cell-magic": ({ message, known }) => ({ message, hint: `a cell may begin with ${known.join(", ")}` }),
  "notebook-not-written": ({ path, reason }) => ({ message: `${path} cannot be written: ${reason}` }),
};
