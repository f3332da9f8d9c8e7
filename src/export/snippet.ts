import type { ExportManifest, FormEntry } from "./manifest.js";

/** A program that loads a form and runs it, as the card shows it; the tests run each as it is printed. */
export interface Snippet {
  readonly title: string;
  /** Of the fence: "python", "js". */
  readonly language: "python" | "js";
  readonly code: string;
}

/** What such programs are made from. */
export type Facts = Pick<ExportManifest, "forms" | "inputs" | "outputs" | "engineConfig" | "data">;

/** A text in the languages of the programs. */
export const text = (value: string) => JSON.stringify(value);

/** Lines that open a form in Python, configured as it was measured. */
export function pythonSession(form: FormEntry, { engineConfig }: Facts): readonly string[] {
  return [
    "import numpy as np",
    "import onnxruntime",
    "",
    "options = onnxruntime.SessionOptions()",
    ...Object.entries(engineConfig ?? {}).map(
      ([key, value]) => `options.add_session_config_entry(${text(key)}, ${text(value)})`,
    ),
    `session = onnxruntime.InferenceSession(${text(form.files[0] ?? "")}, options, providers=["CPUExecutionProvider"])`,
  ];
}

/** The second argument of `InferenceSession.create` in JavaScript, with its comma; nothing where there is nothing to say. */
export function javascriptOptions({ engineConfig }: Facts): string {
  const config = Object.entries(engineConfig ?? {});
  return config.length === 0 ? "" : `, { extra: ${JSON.stringify(nested(config))} }`;
}

/** onnxruntime's JavaScript takes entries as records: `session.x` is `{ session: { x } }`. */
function nested(entries: readonly (readonly [string, string])[]): object {
  const groups: Record<string, Record<string, string>> = {};
  for (const [key, value] of entries) {
    const [group = "", ...rest] = key.split(".");
    groups[group] = { ...groups[group], [rest.join(".")]: value };
  }
  return groups;
}
