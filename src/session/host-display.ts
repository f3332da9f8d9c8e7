import { createRequire } from "node:module";
import { sep } from "node:path";

/** One thing by MIME type: binary content as base64 text, JSON types as values. */
export type Forms = Readonly<Record<string, unknown>>;

/** How objects say how they are shown in Deno's kernel and in ours: a method under this name gives their forms. */
export const jupyterDisplay: unique symbol = Symbol.for("Jupyter.display") as never;

interface Display {
  readonly kind: "display";
  readonly bundle: { readonly data: Forms };
}

// A symbol of the whole process: the library may be loaded twice, as ESM and as CommonJS.
const ownHost = Symbol.for("nibble.display-host");

/** Says that the code that now runs is a cell of our own kernel, and where its outputs go. */
export function becomeHost(emit: (output: Display) => void): void {
  Object.defineProperty(globalThis, ownHost, { value: emit, configurable: true, writable: true, enumerable: false });
}

function ownEmit(): ((output: object) => void) | undefined {
  return (globalThis as { readonly [ownHost]?: (output: object) => void })[ownHost];
}

/** Shows forms where the program runs: in a notebook of ours, of tslab or of Deno below the cell, elsewhere as text. */
export async function showForms(forms: Forms): Promise<void> {
  const own = ownEmit();
  if (own) return own({ kind: "display", bundle: { data: forms } } satisfies Display);
  const deno = denoDisplay();
  if (deno) return void (await deno(forms, { raw: true }));
  const tslab = tslabDisplay();
  if (tslab) return tslab({ data: forms, metadata: {}, transient: {} }, false);
  process.stdout.write(`${String(forms["text/plain"] ?? "")}\n`);
}

type DenoDisplay = (forms: Forms, options: { readonly raw: true }) => Promise<void>;

/** Deno's display; asking for it throws where Deno runs no notebook. */
function denoDisplay(): DenoDisplay | undefined {
  try {
    const { Deno } = globalThis as { readonly Deno?: { readonly jupyter?: { readonly display?: DenoDisplay } } };
    return Deno?.jupyter?.display?.bind(Deno.jupyter);
  } catch {
    return undefined;
  }
}

type TslabDisplay = (message: { data: Forms; metadata: object; transient: object }, update: boolean) => void;

/**
 * Where tslab 1.0 sends what its own `display` shows. Its public module shows one form at a time; a table and a picture
 * have several. Its kernel hands over to the copy of tslab nearest the notebook, so the copy that has a connection counts.
 */
function tslabDisplay(): TslabDisplay | undefined {
  const loaded = createRequire(import.meta.url).cache ?? {};
  const end = ["tslab", "dist", "jupyter.js"].join(sep);
  return Object.entries(loaded)
    .filter(([path]) => path.endsWith(sep + end))
    .map(
      ([, module]) =>
        (module?.exports as { readonly lastWriteDisplayData?: unknown } | undefined)?.lastWriteDisplayData,
    )
    .find((display): display is TslabDisplay => typeof display === "function");
}
