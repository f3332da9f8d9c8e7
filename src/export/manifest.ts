import { ownPackage } from "../base/package.js";
import type { ExportForm } from "../plan/export-forms.js";
import type { Phase, Plan } from "../plan/plan.js";
import type { AccuracyResult, CompletedRecord } from "../results/record.js";
import { realPath } from "../run/paths.js";
import type { ContinuationCheck, ExportedForms, ValueDescription } from "../run/protocol.js";
import type { ListedFile } from "./manifest-file.js";

/** What is told of an export by its user: of Nibble's own knowledge is neither. */
export interface Provenance {
  /** Licence of the model, as the user gives it. */
  readonly licence?: string;
  /** Where the model comes from, as the user gives it. */
  readonly source?: string;
}

/** One form in the manifest. */
export interface FormEntry {
  readonly form: ExportForm;
  /** Paths of its files; the first is the one to be opened. */
  readonly files: readonly string[];
  /** What opens it, and how the file is to be loaded. */
  readonly load: string;
  /** True of the very bytes that the record's figures were measured on. */
  readonly isMeasured: boolean;
  /** The phases of a language model that were timed on these very bytes. */
  readonly timed?: readonly Phase[];
  /** Of this form, on the whole test split, where it is not what the record speaks of. */
  readonly accuracy?: AccuracyResult;
  /** TF.js itself ran the written files; the largest difference, relative to the largest output, of `samples` test samples. */
  readonly parity?: { readonly maxRelativeError: number; readonly samples: number; readonly reference: string };
  /** Reading sequences in parts behind the cache, beside reading them whole. */
  readonly continuation?: ContinuationCheck;
  /** Its own inputs and outputs, where they are not the model's, and the tokens that it holds. */
  readonly inputs?: readonly ValueDescription[];
  readonly outputs?: readonly ValueDescription[];
  readonly positions?: number;
}

/** `manifest.json`: everything that was written and what is known of it. Equal exports have equal manifests. */
export interface ExportManifest {
  readonly kind: "nibble-export";
  readonly schemaVersion: 1;
  readonly createdBy: string;
  readonly experiment: string;
  /** The trial as the table calls it, and its id. */
  readonly label: string;
  readonly trial: string;
  /** Why this trial, and what the choice leaves open. */
  readonly chosen: readonly string[];
  readonly forms: readonly FormEntry[];
  readonly left: readonly { readonly form: ExportForm; readonly reason: string }[];
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  /** Entries of onnxruntime's session configuration that the figures were measured with. */
  readonly engineConfig?: Readonly<Record<string, string>>;
  readonly model: { readonly name: string; readonly format: string; readonly hash: string } & Provenance;
  /** How samples become the model's input: the reader's own settings (scale, shape, columns). */
  readonly data: {
    readonly name: string;
    readonly reader: string;
    readonly hash: string;
    readonly settings: unknown;
    readonly classes?: readonly string[];
    /** The file of the tokenizer; absent where tokens are bytes of UTF-8, or there are none. */
    readonly tokenizer?: string;
  };
  readonly record: CompletedRecord;
  readonly program: { readonly path: string; readonly text: string };
  readonly files: readonly ListedFile[];
}

/** What a manifest is made of. */
export interface ManifestParts {
  readonly plan: Plan;
  readonly program: { readonly path: string; readonly text: string };
  readonly record: CompletedRecord;
  readonly label: string;
  readonly chosen: readonly string[];
  readonly written: ExportedForms;
  readonly forms: readonly FormEntry[];
  readonly provenance: Provenance;
  /** Of the project; paths below it are given from there, so that nothing tells of the machine. */
  readonly root: string;
  /** The card among them. */
  readonly files: readonly ListedFile[];
}

/** The manifest of an export. */
export function exportManifest(parts: ManifestParts): ExportManifest {
  const { plan, record, written, root } = parts;
  const { inputs, outputs, left, classes, tokenizer, engineConfig } = written;
  const { model, data } = record.manifest;
  return {
    kind: "nibble-export",
    schemaVersion: 1,
    createdBy: `nibble-quant ${ownPackage().version}`,
    experiment: plan.experiment,
    label: parts.label,
    trial: record.trial,
    chosen: parts.chosen,
    forms: parts.forms,
    left,
    inputs,
    outputs,
    ...(engineConfig ? { engineConfig } : {}),
    model: { name: plan.model.name, format: plan.model.format, hash: model, ...parts.provenance },
    data: {
      name: plan.data.name,
      reader: plan.data.reader,
      hash: data,
      settings: withoutRoot(plan.data.settings, realPath(root)),
      ...(classes ? { classes } : {}),
      ...(tokenizer ? { tokenizer: tokenizer.path } : {}),
    },
    record,
    program: { path: withoutRoot(parts.program.path, realPath(root)) as string, text: parts.program.text },
    files: parts.files,
  };
}

/** Plain data whose paths below `root` begin there. */
function withoutRoot(value: unknown, root: string): unknown {
  if (typeof value === "string") return value.startsWith(`${root}/`) ? value.slice(root.length + 1) : value;
  if (Array.isArray(value)) return value.map((item) => withoutRoot(item, root));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutRoot(item, root)]));
}

/** What opens a form, in words. */
export function loadText(form: ExportForm, kind: "layers-model" | "graph-model" | undefined): string {
  if (!form.startsWith("tfjs")) return "onnxruntime: InferenceSession";
  return kind === "graph-model" ? "TensorFlow.js: tf.loadGraphModel" : "TensorFlow.js: tf.loadLayersModel";
}
