import { randomUUID } from "node:crypto";
import type { CellOutput, MimeBundle } from "../outputs.js";
import { type ImageOptions, tensorPng } from "./image.js";
import { thrownText } from "./inspect.js";
import { bundleOfForms } from "./kinds/jupyter-display.js";
import { limited } from "./limits.js";
import { markShown } from "./shown.js";
import { bundleOf } from "./to-bundle.js";

/** The forms that have a method of their own; the names are tslab's, `json` and `image` are ours. */
export interface Forms {
  html(text: string): DisplayHandle;
  markdown(text: string): DisplayHandle;
  latex(text: string): DisplayHandle;
  svg(text: string): DisplayHandle;
  javascript(text: string): DisplayHandle;
  text(text: string): DisplayHandle;
  /** A JSON value as a tree that folds. */
  json(value: unknown): DisplayHandle;
  /** Bytes, or base64 text. */
  png(bytes: Uint8Array | string): DisplayHandle;
  jpeg(bytes: Uint8Array | string): DisplayHandle;
  gif(bytes: Uint8Array | string): DisplayHandle;
  pdf(bytes: Uint8Array | string): DisplayHandle;
  /** Any MIME type. */
  raw(type: string, content: string | Uint8Array | object): DisplayHandle;
  /** Several forms of one thing, by MIME type; the frontend takes the best that it can show. */
  bundle(forms: Readonly<Record<string, unknown>>): DisplayHandle;
  /** A tensor as a picture: [height, width], or [height, width, 1, 3 or 4]; values 0 to 1, or 0 to 255. */
  image(tensor: unknown, options?: ImageOptions): DisplayHandle;
}

export interface DisplayOptions {
  /** A name by which a later call replaces this output: `display(1, { displayId: "loss" })`. */
  readonly displayId?: string;
  /** Replaces what has this name in place of showing it again. */
  readonly update?: boolean;
}

/** What is shown in one place. Everything called on it replaces that. */
export interface DisplayHandle extends Forms {
  readonly displayId: string;
  update(value: unknown): DisplayHandle;
}

/** The global `display` of TypeScript cells. */
export interface Display extends Forms {
  /** Shows a value as the last expression of a cell is shown. */
  (value: unknown, options?: DisplayOptions): DisplayHandle;
  /** A place that shows nothing yet; its first call shows, each later one replaces. */
  create(displayId?: string): DisplayHandle;
  /** Takes the cell's outputs away, with `wait` when the next output comes. */
  clear(options?: { readonly wait?: boolean }): void;
}

export interface DisplayConnection {
  readonly display: Display;
  /** Resolves when everything asked for has been sent: a picture takes a moment. A cell ends after that. */
  settled(): Promise<void>;
}

/** @param emit sends an output of the cell that runs */
export function createDisplay(emit: (output: CellOutput) => void): DisplayConnection {
  const pending = new Set<Promise<void>>();
  const place = (displayId: string, isShown: boolean): Place => newPlace(emit, pending, displayId, isShown);
  const show = (value: unknown, { displayId = randomUUID(), update = false }: DisplayOptions = {}) => {
    const at = place(displayId, update);
    at.show(bundleOf(value));
    return handleOf(at);
  };
  const fresh = () => place(randomUUID(), false);
  const display: Display = Object.assign(show, formsOf(fresh), {
    create: (displayId: string = randomUUID()) => handleOf(place(displayId, false)),
    clear: ({ wait = false } = {}) => emit({ kind: "clear", wait }),
  });
  return {
    display,
    async settled() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}

/** One output of a cell, that is there or not yet. */
interface Place {
  readonly displayId: string;
  show(bundle: MimeBundle | Promise<MimeBundle>): void;
}

/** What takes time is sent when it is ready; later bundles of the same place wait for it, so that the last one stays. */
function newPlace(
  emit: (output: CellOutput) => void,
  pending: Set<Promise<void>>,
  displayId: string,
  isShown: boolean,
): Place {
  let shown = isShown;
  let last: Promise<void> | undefined;
  const send = (bundle: MimeBundle) => {
    emit({ kind: shown ? "update-display" : "display", bundle, displayId });
    shown = true;
  };
  return {
    displayId,
    show(bundle) {
      if (!(bundle instanceof Promise) && last === undefined) return send(bundle);
      const job = Promise.all([bundle, last])
        .then(([ready]) => send(ready))
        .finally(() => {
          pending.delete(job);
          if (last === job) last = undefined;
        });
      last = job;
      pending.add(job);
    },
  };
}

function handleOf(place: Place): DisplayHandle {
  const handle: DisplayHandle = {
    displayId: place.displayId,
    ...formsOf(() => place),
    update(value) {
      place.show(bundleOf(value));
      return handle;
    },
  };
  return markShown(handle);
}

/** The methods of a form each; `at` gives the place that a call shows in. */
function formsOf(at: () => Place): Forms {
  const shown = (bundle: MimeBundle | Promise<MimeBundle>) => {
    const place = at();
    place.show(bundle);
    return handleOf(place);
  };
  const written = (type: string) => (text: string) => shown(formBundle(type, String(text)));
  const bytes = (type: string) => (content: Uint8Array | string) => shown(formBundle(type, content));
  return {
    html: written("text/html"),
    markdown: written("text/markdown"),
    latex: written("text/latex"),
    svg: written("image/svg+xml"),
    javascript: written("application/javascript"),
    text: written("text/plain"),
    json: (value) => shown(formBundle("application/json", value)),
    png: bytes("image/png"),
    jpeg: bytes("image/jpeg"),
    gif: bytes("image/gif"),
    pdf: bytes("application/pdf"),
    raw: (type, content) => shown(formBundle(type, content)),
    bundle: (forms) => shown(limited(bundleOfForms(forms) ?? noForms())),
    image: (tensor, options) => shown(imageBundle(tensor, options)),
  };
}

/** One form and a line of text for consoles and logs. */
function formBundle(type: string, content: unknown): MimeBundle {
  const bundle = bundleOfForms({ [String(type)]: content });
  if (bundle === undefined) throw new TypeError(`display: "${String(type)}" is no MIME type`);
  return limited({ ...bundle, data: { "text/plain": inWords(type, bundle.data[type]), ...bundle.data } });
}

/** Markdown and LaTeX read well as they are; of other forms text says what and how much there is. */
function inWords(type: string, content: unknown): string {
  if (type === "text/markdown" || type === "text/latex") return String(content);
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return type.endsWith("json") ? text : `[${type}, ${text.length.toLocaleString("en")} characters]`;
}

function noForms(): never {
  throw new TypeError('display.bundle: expected forms by MIME type, as { "text/html": "<b>1</b>" }');
}

/** A picture; a tensor that is none is shown as a tensor, with the reason. */
async function imageBundle(tensor: unknown, options?: ImageOptions): Promise<MimeBundle> {
  try {
    return await tensorPng(tensor, options);
  } catch (error) {
    const { data } = await bundleOf(tensor);
    return { data: { "text/plain": `${String(data["text/plain"])}\n[no picture: ${thrownText(error)}]` } };
  }
}
