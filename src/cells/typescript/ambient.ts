/** Name of the file that declares what every TypeScript cell finds without importing it. */
export const AMBIENT_FILE = "<notebook>.d.ts";

/** Declarations of the globals of a cell that are not Node's, and of the module that stands in for tslab. */
export const AMBIENT_TEXT = `/// <reference types="node" />
/** Shows things below the cell. Its methods are those of tslab's \`display\`. */
interface NotebookDisplay {
  /** Shows any value the way the last expression of a cell is shown. */
  (value: unknown): void;
  html(text: string): void;
  markdown(text: string): void;
  svg(text: string): void;
  latex(text: string): void;
  javascript(text: string): void;
  text(text: string): void;
  json(value: unknown): void;
  /** An image, as bytes or base64 text. */
  png(image: Uint8Array | string): void;
  /** An image, as bytes or base64 text. */
  jpeg(image: Uint8Array | string): void;
  gif(image: Uint8Array | string): void;
  pdf(document: Uint8Array | string): void;
  /** Content of any MIME type; binary content as base64 text. */
  raw(mime: string, content: unknown): void;
}
interface ImportMeta {
  /** Address of the notebook's folder. */
  url: string;
  /** The notebook's folder. */
  dirname: string;
}
/** A channel to a widget in the frontend. */
interface NotebookComm {
  readonly id: string;
  readonly target: string;
  send(data: unknown, metadata?: unknown): void;
  onMessage(listener: (data: any) => void): void;
  onClose(listener: (data: any) => void): void;
  close(data?: unknown): void;
}
declare const display: NotebookDisplay;
/** Asks for a line of text; \`password\` hides what is typed. */
declare function input(prompt?: string, options?: { password?: boolean }): Promise<string>;
/** Channels to widgets in the frontend. */
declare const comm: {
  /** Called when the frontend opens a comm of this target. */
  register(target: string, onOpen: (comm: NotebookComm, data: any) => void): void;
  open(target: string, data?: unknown, metadata?: unknown): NotebookComm;
};
declare module "tslab" {
  type Display = Omit<NotebookDisplay, never>;
  export const display: NotebookDisplay;
  /** A display that later calls replace in place. */
  export function newDisplay(): Display;
  export const versions: { readonly tslab: string; readonly typescript: string; readonly node: string };
}
`;
