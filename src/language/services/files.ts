import type { ProgramHost } from "../host.js";
import type { Place } from "./context.js";
import type { Proposal } from "./proposals.js";

/** Files that each kind of source reads most often; they come first. */
const usual: Readonly<Record<string, readonly string[]>> = {
  import: [".nib"],
  tfjs: [".json"],
  csv: [".csv", ".csv.gz", ".tsv"],
  jsonl: [".jsonl", ".jsonl.gz"],
  npy: [".npy", ".npz"],
};
const otherwise = [".json", ".csv", ".nib"];

/** Most files that are shown of one folder. */
const MOST = 500;

/** Files and folders that the path at the cursor may go on with; only where programs may read. */
export async function fileProposals(
  place: Place,
  source: string,
  fromFile: string,
  host: ProgramHost,
): Promise<{ readonly start: number; readonly end: number; readonly items: readonly Proposal[] }> {
  const cut = place.written.lastIndexOf("/") + 1;
  const [folder, begun] = [place.written.slice(0, cut), place.written.slice(cut)];
  const [start, end] = [place.start + cut, place.end];
  const resolved = host.resolvePath(folder === "" ? "." : folder, fromFile);
  if ("refused" in resolved || place.written.includes("\\")) return { start, end, items: [] };
  const names = (await host.listFolder?.(resolved.path)) ?? [];
  const first = usual[source] ?? otherwise;
  const rank = (name: string) => (first.some((ending) => name.endsWith(ending)) ? 0 : name.endsWith("/") ? 1 : 2);
  const fits = names.filter(
    (name) => name.startsWith(begun) && (begun.startsWith(".") || !name.startsWith(".")) && !/["\\\n\r]/.test(name),
  );
  const sorted = fits.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).slice(0, MOST);
  const items = sorted.map((text) => ({
    text,
    kind: text.endsWith("/") ? "folder" : "file",
    summary: text.endsWith("/") ? "a folder" : "a file",
  }));
  return { start, end, items };
}
