import { diagnostic } from "../../base/diagnostic.js";
import { unknown } from "../../base/nearest.js";
import type { OptionSpec, Setting } from "../../base/option.js";
import type { Span } from "../../base/span.js";
import type { DataReference } from "../../datasets/dataset.js";
import type { ModelReference } from "../../plan/plan.js";
import type { FrontendDefinition } from "../../plan/registry.js";
import { type Checker, reporting } from "../checker.js";
import type { DataDescription, ModelDescription } from "../host.js";
import type { Use } from "../syntax/ast.js";
import { expandValue } from "../values/concrete.js";
import { hostLookup, kindOfHost } from "../values/environment.js";
import { checkOptions, type GivenOptions, settingsOf } from "../values/options.js";
import { describeData } from "./describe-data.js";

/** A model or data set that exists, with what the checker may know of it. */
export interface CheckedSource<Reference, Description> {
  readonly reference: Reference;
  readonly description: Description;
  readonly options: GivenOptions;
  /** The text that names the source: its path, or the whole use. */
  readonly span: Span;
}

export type CheckedModel = CheckedSource<ModelReference, ModelDescription>;
export type CheckedData = CheckedSource<DataReference, DataDescription>;

/** Resolves `tfjs("model.json") { ... }` or `$model` and asks the host about it; undefined when something is wrong. */
export async function checkModel(name: string, use: Use, checker: Checker): Promise<CheckedModel | undefined> {
  const { vocabulary, host } = checker;
  const direct = use.target.kind === "host";
  const frontend = direct ? vocabulary.frontends[0] : namedEntry(use, vocabulary.frontends, "model format", checker);
  if (!frontend) return undefined;
  const options = checkOptions(use.options, ownerOf(use, frontend), checker);
  const before = use.options?.entries.length ?? 0;
  const path = await modelPath(use, frontend, checker);
  // Without an option that the program tried to give, a model that its options make would be another one.
  if (!path || (frontend.source === "none" && options.size < before)) return undefined;
  const settings = settingsOf(options);
  const shape = settings.input_shape;
  const reference: ModelReference = {
    name,
    format: frontend.name,
    path: path.path,
    ...(Array.isArray(shape) ? { inputShape: shape as readonly number[] } : {}),
    ...layoutOf(settings.layout),
    ...(frontend.source === "none" ? { settings } : {}),
  };
  const place = placeOf(options, path.span);
  const description = await reporting(() => host.describeModel(reference), place, checker.report);
  for (const remark of description?.remarks ?? []) checker.report({ ...remark, span: path.span });
  return description && { reference, description, options, span: path.span };
}

/** Where nothing is said the data's shape decides, see `checkFit`. */
function layoutOf(setting: Setting | undefined): Pick<ModelReference, "layout"> {
  const name = typeof setting === "object" && "name" in setting ? setting.name : undefined;
  return name === "channels_last" || name === "as_given" ? { layout: name } : {};
}

/** Where the model lies; of one that its options make nowhere: "". */
async function modelPath(use: Use, frontend: FrontendDefinition, checker: Checker): Promise<Located | undefined> {
  const { target } = use;
  if (target.kind === "host") return hostPath(target.name, target.span, frontend.name, checker);
  if (frontend.source !== "none") return argumentPath(use, frontend.name, "model", checker);
  if ((use.arguments?.length ?? 0) === 0) return { path: "", span: target.span };
  checker.report(diagnostic("arguments-unexpected", { name: frontend.name, options: true }, { span: target.span }));
  return undefined;
}

/** Resolves `csv("digits.csv") { ... }` and asks the host about it; undefined when something is wrong. */
export async function checkData(name: string, use: Use, checker: Checker): Promise<CheckedData | undefined> {
  const { vocabulary, report } = checker;
  if (use.target.kind === "host") {
    const facts = { name: use.target.name, expected: "a data reader such as csv($path)", found: "a value of the host" };
    report(diagnostic("host-value-kind", facts, { span: use.target.span }));
    return undefined;
  }
  const reader = namedEntry(use, vocabulary.readers, "data reader", checker);
  if (!reader) return undefined;
  const before = use.options?.entries.length ?? 0;
  const options = checkOptions(use.options, ownerOf(use, reader), checker);
  const needsPath = reader.source !== "none";
  if (!needsPath && (use.arguments?.length ?? 0) > 0) {
    report(diagnostic("arguments-unexpected", { name: reader.name, options: true }, { span: use.target.span }));
    return undefined;
  }
  const path = needsPath ? await argumentPath(use, reader.name, reader.source, checker) : undefined;
  if (needsPath && !path) return undefined;
  const reference: DataReference = {
    name,
    reader: reader.name,
    ...(path ? { path: path.path } : {}),
    settings: settingsOf(options),
  };
  const span = path?.span ?? use.span;
  // Without an option that the program tried to give, what the reader finds is true only in part.
  const asGiven = options.size === before;
  const about = { use, reader, span, asGiven };
  const description = await describeData(reference, options, about, checker);
  return asGiven && description ? { reference, description, options, span } : undefined;
}

interface Entry {
  readonly name: string;
  readonly options: readonly OptionSpec[];
}

function namedEntry<T extends Entry>(use: Use, entries: readonly T[], kind: string, checker: Checker): T | undefined {
  const { name, span } = use.target;
  const entry = entries.find((each) => each.name === name);
  const known = entries.map((each) => each.name);
  if (!entry) checker.report(diagnostic("unknown-name", { kind, ...unknown(name, known) }, { span }));
  return entry;
}

const ownerOf = (use: Use, entry: Entry) => ({
  name: entry.name,
  options: entry.options,
  span: use.target.span,
  partial: use.partial,
});

interface Located {
  readonly path: string;
  readonly span: Span;
}

/** The one argument of a source: a string, a parameter that holds one, or a `$name`. */
async function argumentPath(use: Use, name: string, source: string, checker: Checker): Promise<Located | undefined> {
  const { report } = checker;
  const [argument, ...others] = use.arguments ?? [];
  if (!argument || others.length > 0) {
    const missing = diagnostic("path-missing", { name, source }, { span: use.target.span });
    if (!use.partial) report(missing);
    return undefined;
  }
  if (argument.kind === "host") return hostPath(argument.name, argument.span, name, checker);
  const [value, ...more] = expandValue(argument, checker.environment);
  if (!value) return undefined;
  if (value.kind !== "string" || more.length > 0) {
    const facts = { option: name, expected: "one path as a string", found: value.text };
    report(diagnostic("value-type", facts, { span: argument.span }));
    return undefined;
  }
  return locate(value.value, argument.span, checker);
}

/** `$name` as a source: a path, or a value that the host puts on disk. */
async function hostPath(name: string, span: Span, reader: string, checker: Checker): Promise<Located | undefined> {
  const { host, report } = checker;
  const value = hostLookup(name, span, host, report);
  if (value === undefined) return undefined;
  if (typeof value === "string") return locate(value, span, checker);
  const saved = await reporting(
    async () => host.saveValue?.(name, value, reader),
    () => span,
    report,
  );
  if (saved && "path" in saved) return { path: saved.path, span };
  // The host has said already why it takes no such value.
  if (!saved && host.saveValue) return undefined;
  const found = saved?.refused ?? kindOfHost(value);
  report(diagnostic("host-value-kind", { name, expected: "a path or a model", found }, { span }));
  return undefined;
}

function locate(path: string, span: Span, { host, modules, report }: Checker): Located | undefined {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    report(diagnostic("remote-path", { path }, { span }));
    return undefined;
  }
  const fromFile = modules.find(({ source }) => source.path === span.source)?.fromFile ?? span.source;
  const resolved = host.resolvePath(path, fromFile);
  if ("path" in resolved) return { path: resolved.path, span };
  report(diagnostic("path-refused", { path, reason: resolved.refused }, { span }));
  return undefined;
}

/** Frontends name the option that is wrong in their facts; other mistakes are about the file. */
function placeOf(options: GivenOptions, otherwise: Span) {
  return (facts: Readonly<Record<string, unknown>>): Span =>
    (typeof facts.option === "string" && options.get(facts.option)?.span) || otherwise;
}
