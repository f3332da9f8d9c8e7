import Table from "cli-table3";
import type { KernelFigure } from "./measured.js";
import type { Subject } from "./subjects.js";

/** Whether each of our kernels keeps the promise of a figure. */
export function keeps({ measured, met }: KernelFigure, subjects: readonly Subject[]): boolean {
  const reference = measured.get("ipykernel");
  const ipykernel = reference && "value" in reference ? reference.value : undefined;
  return subjects
    .filter(({ ours }) => ours)
    .every(({ name }) => {
      const own = measured.get(name);
      return own !== undefined && "value" in own && own.fault === undefined && met(own.value, ipykernel);
    });
}

/** A block a figure, a line a kernel: what is promised, whether ours keep it, and what each reached. */
export function kernelTable(figures: readonly KernelFigure[], subjects: readonly Subject[]): string {
  const table = new Table({ head: ["figure", "kernel", "measured"], style: { head: [], border: [] } });
  for (const figure of figures) {
    const verdict = keeps(figure, subjects) ? "met" : "MISSED";
    const lines = subjects.map(({ name }) => {
      const one = figure.measured.get(name);
      return [name, one === undefined ? "" : "cannot" in one ? `cannot: ${one.cannot}` : textOf(one)];
    });
    const [first = [], ...others] = lines;
    const content = `${figure.name}\npromised: ${figure.promise}\n${verdict}`;
    table.push([{ rowSpan: lines.length, content }, ...first], ...others);
  }
  return table.toString();
}

function textOf({ text, fault }: { readonly text: string; readonly fault?: string }): string {
  return fault === undefined ? text : `${text}; but ${fault}`;
}
