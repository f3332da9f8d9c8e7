import { displayDeclaration, tslabDeclaration } from "../display/declarations.js";

/** Name of the file that declares what every TypeScript cell finds without importing it. */
export const AMBIENT_FILE = "<notebook>.d.ts";

/** Declarations of the globals of a cell that are not Node's, and of the module that stands in for tslab. */
export const AMBIENT_TEXT = `/// <reference types="node" />
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
${displayDeclaration}/** Asks for a line of text; \`password\` hides what is typed. */
declare function input(prompt?: string, options?: { password?: boolean }): Promise<string>;
/** Channels to widgets in the frontend. */
declare const comm: {
  /** Called when the frontend opens a comm of this target. */
  register(target: string, onOpen: (comm: NotebookComm, data: any) => void): void;
  open(target: string, data?: unknown, metadata?: unknown): NotebookComm;
};
${tslabDeclaration}`;
