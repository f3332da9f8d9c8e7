import { diagnostic } from "../../base/diagnostic.js";
import { unknown } from "../../base/nearest.js";
import type { OptionSpec, Setting, Settings } from "../../base/option.js";
import { lineColumn, type Span } from "../../base/span.js";
import type { AxisPoint } from "../../plan/experiment.js";
import type { Checker } from "../checker.js";
import type { Entry, ObjectValue } from "../syntax/ast.js";
import { expandValue } from "./concrete.js";
import { toSetting } from "./settings.js";

/** An option that a program gives: its checked values in order, without repeats, and where they stand. */
export interface GivenOption {
  readonly spec: OptionSpec;
  readonly points: readonly AxisPoint[];
  readonly span: Span;
}

/** Options by name in the order written; one whose value is wrong is left out (and reported). */
export type GivenOptions = ReadonlyMap<string, GivenOption>;

/** What the options are given to: its name in messages, the options it has, and its name's place. */
interface Owner {
  readonly name: string;
  readonly options: readonly OptionSpec[];
  readonly span: Span;
  /** True where the text could not be read whole, so that nothing can be said to be missing. */
  readonly partial: boolean;
}

/** Checks `{ key: value, ... }` against the options of an owner: names, repeats, types, units, ranges, what is needed. */
export function checkOptions(object: ObjectValue | undefined, owner: Owner, checker: Checker): GivenOptions {
  const { report } = checker;
  const given = new Map<string, GivenOption>();
  const firsts = new Map<string, Entry>();
  for (const entry of object?.entries ?? []) {
    const { name, span } = entry.key;
    const spec = owner.options.find((option) => option.name === name);
    const first = firsts.get(name);
    if (!spec) {
      const known = owner.options.map((option) => option.name);
      report(diagnostic("unknown-option", { owner: owner.name, ...unknown(name, known) }, { span }));
    } else if (first) {
      const { line } = lineColumn(checker.sources.get(span.source)?.text ?? "", first.span.start);
      report(diagnostic("duplicate-option", { option: name, line }, { span }));
    } else {
      firsts.set(name, entry);
      const points = checkPoints(entry, spec, checker);
      if (points.length > 0) given.set(name, { spec, points, span: entry.value.span });
    }
  }
  for (const { name, required, summary } of owner.options) {
    if (!required || firsts.has(name) || owner.partial) continue;
    report(diagnostic("missing-option", { owner: owner.name, option: name, summary }, { span: owner.span }));
  }
  return given;
}

/** All values of an entry, or none when one of them is wrong: half an axis would be another experiment. */
function checkPoints(entry: Entry, spec: OptionSpec, checker: Checker): readonly AxisPoint[] {
  const { report } = checker;
  const values = expandValue(entry.value, checker.environment);
  const points = new Map<string, AxisPoint>();
  let wrong = false;
  for (const value of values) {
    const setting = toSetting(value, spec.type, { option: spec.name, report });
    if (setting === undefined) wrong = true;
    else points.set(JSON.stringify(setting), points.get(JSON.stringify(setting)) ?? { setting, text: value.text });
  }
  if (wrong) return [];
  if (points.size > 1 && spec.sweeps === false) {
    report(diagnostic("no-sweep", { option: spec.name }, { span: entry.value.span }));
    return [];
  }
  return [...points.values()];
}

/** The one setting of each option; for owners whose options make no axes. */
export function settingsOf(options: GivenOptions): Settings {
  const settings: Record<string, Setting> = {};
  for (const [name, { points }] of options) if (points[0]) settings[name] = points[0].setting;
  return settings;
}
