import type { Environment, TrialRecord } from "../results/record.js";
import type { Note } from "./notes.js";
import { visible } from "./rows.js";

/** What a reader must know of an environment to compare a figure with another: machine, engine, versions. */
type Compared = Pick<Environment, "cpu" | "cores" | "platform" | "engine" | "node" | "nibble">;

/** What is known of the machine that makes the report; what is not given is not compared. */
export type Here = Partial<Compared>;

const names: Readonly<Record<keyof Compared, string>> = {
  cpu: "processor",
  cores: "cores",
  platform: "platform",
  engine: "engine",
  node: "node",
  nibble: "nibble",
};

/** In what records were measured elsewhere: other than one another, and other than on this machine. */
export function environmentNotes(records: readonly TrialRecord[], here: Here = {}): readonly Note[] {
  const measured = records.filter(({ status }) => status !== "skipped").map(({ manifest }) => manifest.environment);
  if (measured.length === 0) return [];
  const keys = Object.keys(names) as (keyof Compared)[];
  const mixed = keys.filter((key) => new Set(measured.map((environment) => environment[key])).size > 1);
  const elsewhere = keys.filter((key) => here[key] !== undefined && measured.every((each) => each[key] !== here[key]));
  return [
    ...(mixed.length > 0
      ? [
          {
            label: "mixed",
            text: `(!) trials of this table were measured in different environments and cannot all be compared: ${mixed.map((key) => several(key, measured)).join("; ")}`,
          },
        ]
      : []),
    ...(elsewhere.length > 0
      ? [
          {
            label: "elsewhere",
            text: `measured in another environment than this one: ${elsewhere.map((key) => `${several(key, measured)} (here ${shown(here[key])})`).join("; ")}`,
          },
        ]
      : []),
  ];
}

function several(key: keyof Compared, measured: readonly Environment[]): string {
  const counts = new Map<string, number>();
  for (const environment of measured) {
    const value = shown(environment[key]);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  if (counts.size === 1) return `${names[key]} ${[...counts.keys()][0]}`;
  const values = [...counts].slice(0, 4).map(([value, count]) => `${value} (${count})`);
  return `${names[key]} ${values.join(" and ")}`;
}

function shown(value: string | number | undefined): string {
  return visible(String(value));
}
