import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Format } from "../../src/tensor/format.js";
import { formats } from "../../src/tensor/formats.js";

const readme = readFileSync(new URL("../../src/tensor/README.md", import.meta.url), "utf8");

/** A number as the table has it: powers of two as such, long ones shortened. */
function show(x: number): string {
  const exponent = Math.log2(x);
  if (Number.isInteger(exponent) && (x < 0.01 || x > 1e6)) return `2^${exponent}`;
  return String(Number(x.toPrecision(6)));
}

function columns(format: Format): string[] {
  const { name, bits, largest, smallest, specials, rounding, block, scale, bitsPerValue, source } = format;
  const numbers = [String(bits), show(largest), show(smallest)];
  return [`\`${name}\``, ...numbers, specials, rounding, String(block), scale || "none", show(bitsPerValue), source];
}

/** One row for formats that differ in their width alone. */
function family(prefix: string): string[] {
  const widths = formats.filter(({ name }) => new RegExp(`^${prefix}\\d+$`).test(name)).map(columns);
  const [first, last] = [widths[0] ?? [], widths.at(-1) ?? []];
  return first.map((text, i) => (text === last[i] ? text : `${text} .. ${last[i]}`));
}

function table(): string {
  const head = [
    "format",
    "bits",
    "largest",
    "smallest > 0",
    "besides",
    "rounding",
    "block",
    "scale",
    "bits/value",
    "source",
  ];
  const others = formats.filter(({ name }) => !/^u?int\d+$/.test(name)).map(columns);
  const rows = [head, head.map(() => "---"), family("int"), family("uint"), ...others];
  return rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

test("the read-me shows every format as the registry has it", () => {
  expect(readme).toContain(table());
});

test("every format has a name and a line of help of its own", () => {
  expect(new Set(formats.map(({ name }) => name)).size).toBe(formats.length);
  expect(new Set(formats.map(({ summary }) => summary)).size).toBe(formats.length);
});
