/** Types of `display` for the compiler, as text without imports: it is used where our package's own types may be absent. */
const displayTypes = `
interface NibbleForms {
  html(text: string): NibbleDisplayHandle;
  markdown(text: string): NibbleDisplayHandle;
  latex(text: string): NibbleDisplayHandle;
  svg(text: string): NibbleDisplayHandle;
  javascript(text: string): NibbleDisplayHandle;
  text(text: string): NibbleDisplayHandle;
  /** A JSON value as a tree that folds. */
  json(value: unknown): NibbleDisplayHandle;
  /** Bytes, or base64 text. */
  png(bytes: Uint8Array | string): NibbleDisplayHandle;
  /** Bytes, or base64 text. */
  jpeg(bytes: Uint8Array | string): NibbleDisplayHandle;
  /** Bytes, or base64 text. */
  gif(bytes: Uint8Array | string): NibbleDisplayHandle;
  /** Bytes, or base64 text. */
  pdf(bytes: Uint8Array | string): NibbleDisplayHandle;
  /** Any MIME type. */
  raw(type: string, content: string | Uint8Array | object): NibbleDisplayHandle;
  /** Several forms of one thing, by MIME type; the frontend takes the best that it can show. */
  bundle(forms: Readonly<Record<string, unknown>>): NibbleDisplayHandle;
  /** A tensor as a picture: [height, width], or [height, width, 1, 3 or 4]; values 0 to 1, or 0 to 255. */
  image(tensor: unknown, options?: { readonly scale?: number }): NibbleDisplayHandle;
}
/** What is shown in one place. Everything called on it replaces that. */
interface NibbleDisplayHandle extends NibbleForms {
  readonly displayId: string;
  update(value: unknown): NibbleDisplayHandle;
}
interface NibbleDisplay extends NibbleForms {
  /** Shows a value as the last expression of a cell is shown. \`displayId\` names the place; \`update\` replaces what is there. */
  (value: unknown, options?: { readonly displayId?: string; readonly update?: boolean }): NibbleDisplayHandle;
  /** A place that shows nothing yet; its first call shows, each later one replaces. */
  create(displayId?: string): NibbleDisplayHandle;
  /** Takes the cell's outputs away, with \`wait\` when the next output comes. */
  clear(options?: { readonly wait?: boolean }): void;
}
`;

/** Ambient declarations of the global `display`. */
export const displayDeclaration = `${displayTypes}
/** Shows values and pictures below the cell. */
declare const display: NibbleDisplay;
`;

/** The module "tslab", for \`import * as tslab from "tslab"\`; needs the types of `displayDeclaration`. */
export const tslabDeclaration = `
declare module "tslab" {
  /** Shows values and pictures below the cell. */
  export const display: NibbleDisplay;
  /** A new place: its first call shows, each later one replaces. */
  export function newDisplay(): NibbleDisplayHandle;
  export type Display = NibbleDisplay;
  export const versions: { readonly tslab: string; readonly typescript: string; readonly node: string };
}
`;
