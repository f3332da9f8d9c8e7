import type { MimeBundle } from "../../outputs.js";
import { isMethod, type Kind, type Shape, shapeOf } from "../kind.js";

/**
 * Objects that say how they are shown: Deno's contract, a method at `Symbol.for("Jupyter.display")` that gives forms by
 * MIME type or a promise of them, and IJavascript's, methods `_toMime`, `_toHtml`, `_toSvg`, `_toMarkdown`, `_toPng`.
 * @see https://docs.deno.com/runtime/reference/cli/jupyter/#displaying-content
 */
export const jupyterDisplay: Kind = {
  name: "object that shows itself",
  matches: (value) => methodOf(shapeOf(value)) !== undefined,
  bundle(value) {
    const forms = methodOf(shapeOf(value))?.call(value);
    return isThenable(forms) ? Promise.resolve(forms).then(bundleOfForms) : bundleOfForms(forms);
  },
};

const symbol = Symbol.for("Jupyter.display");

const named = [
  ["_toHtml", "text/html"],
  ["_toSvg", "image/svg+xml"],
  ["_toMarkdown", "text/markdown"],
  ["_toPng", "image/png"],
  ["_toJpeg", "image/jpeg"],
] as const;

function methodOf(value: Shape): ((this: object) => unknown) | undefined {
  const own = value[symbol];
  if (isMethod(own)) return own;
  // Every property of some objects is a function; a proxy has said all it has to say by the symbol.
  const mime = value._toMime;
  if (isMethod(mime)) return mime;
  const forms = named.filter(([name]) => isMethod(value[name]));
  if (forms.length === 0) return undefined;
  return function (this: object) {
    return Object.fromEntries(forms.map(([name, type]) => [type, (value[name] as () => unknown).call(this)]));
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && isMethod(shapeOf(value).then);
}

/** Forms by MIME type; `{ data, metadata }` is understood, too. */
export function bundleOfForms(forms: unknown): MimeBundle | undefined {
  if (typeof forms !== "object" || forms === null) return undefined;
  const { data, metadata } = forms as { readonly data?: unknown; readonly metadata?: unknown };
  const content = typeof data === "object" && data !== null ? data : forms;
  const entries = Object.entries(content).filter(([type, form]) => type.includes("/") && form !== undefined);
  if (entries.length === 0) return undefined;
  return {
    data: Object.fromEntries(entries.map(([type, form]) => [type, formContent(type, form)])),
    ...(typeof metadata === "object" && metadata !== null ? { metadata: metadata as Record<string, unknown> } : {}),
  };
}

/** Bytes as base64 text, JSON forms as JSON has them, everything else as text. */
function formContent(type: string, form: unknown): unknown {
  if (form instanceof Uint8Array) return Buffer.from(form.buffer, form.byteOffset, form.byteLength).toString("base64");
  if (typeof form === "string") return form;
  const isJson = /[/+]json$/.test(type);
  return isJson ? (JSON.parse(JSON.stringify(form) ?? "null") as unknown) : String(form);
}
