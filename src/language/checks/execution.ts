import { diagnostic } from "../../base/diagnostic.js";
import type { Span } from "../../base/span.js";
import type { ExpandedCell } from "../../plan/expand.js";
import { type Checker, textAt } from "../checker.js";
import type * as ast from "../syntax/ast.js";

/** An attempt as far as its cells' fate is told. */
interface Named {
  readonly name: string;
  readonly use: { readonly span: Span };
}

/**
 * What becomes of an attempt's cells: those that can be neither executed nor simulated are skipped with a warning, and an
 * attempt of which no CPU runs anything is an error, since the program asks for what cannot be had. That cells are
 * simulated is a note: nothing of them is timed.
 * @param own the attempt's cells that no clause excludes
 */
export function reportExecution(own: readonly ExpandedCell[], { name, use }: Named, { report }: Checker): void {
  const refused = new Map<string, { cells: number; everywhere: boolean }>();
  for (const { outcome } of own) {
    if (outcome.kind !== "refused") continue;
    const before = refused.get(outcome.reason)?.cells ?? 0;
    refused.set(outcome.reason, { cells: before + 1, everywhere: outcome.everywhere });
  }
  const hopeless = own.every(({ outcome }) => outcome.kind === "refused" && outcome.everywhere);
  for (const [reason, { cells, everywhere }] of refused) {
    const facts = { scheme: name, reason, cells, of: own.length, everywhere };
    report(diagnostic("cannot-execute", facts, { span: use.span, severity: hopeless ? "error" : "warning" }));
  }
  const simulated = own.flatMap(({ outcome }) => simulatedBecause(outcome) ?? []);
  const [reason, ...others] = new Set(simulated);
  if (reason === undefined) return;
  const facts = { scheme: name, reason, others: others.length, cells: simulated.length, of: own.length };
  report(diagnostic("simulated", facts, { span: use.span, severity: "note" }));
}

function simulatedBecause(outcome: ExpandedCell["outcome"]): string | undefined {
  return outcome.kind === "runs" ? outcome.simulated : undefined;
}

/** An expectation on speed, memory or cost of a scheme of which some cells are simulated can never be met: an error. */
export function reportTimedExpectations(
  cells: readonly ExpandedCell[],
  clauses: readonly ast.Clause[],
  checker: Checker,
): void {
  const { vocabulary, report } = checker;
  for (const { path, pathSpan } of clauses.flatMap((each) => (each.kind === "expect" ? each.comparisons : []))) {
    const [scheme, metric] = path;
    const needs = vocabulary.metrics.find(({ name }) => name === metric?.name)?.needs;
    if (!scheme || !metric || needs === undefined || needs === "accuracy" || needs === "size") continue;
    const own = cells.filter((cell) => cell.scheme.name === scheme.name && cell.outcome.kind === "runs");
    const simulated = own.filter(({ outcome }) => simulatedBecause(outcome) !== undefined);
    if (simulated.length === 0) continue;
    const facts = { expectation: textAt(pathSpan, checker), cells: simulated.length, of: own.length };
    report(
      diagnostic("expects-of-simulated", { ...facts, scheme: scheme.name, metric: metric.name }, { span: pathSpan }),
    );
  }
}
