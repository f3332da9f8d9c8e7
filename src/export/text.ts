import { relative } from "node:path";
import { visible } from "../base/visible.js";
import type { Exported } from "./export.js";

/** What was exported, where to (from `folder`), and what has to be said of the choice; for people. */
export function exportText({ folder: target, sentences, manifest }: Exported, folder: string): string {
  const { forms, left } = manifest;
  const absent = left.map(({ form, reason }) => `no ${form}: ${reason}`);
  return [
    `exported to ${visible(relative(folder, target) || ".")}: ${forms.map(({ form }) => form).join(", ")}`,
    ...[...sentences, ...absent].map((sentence) => `  ${visible(sentence)}`),
  ].join("\n");
}
