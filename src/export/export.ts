import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../base/diagnostic.js";
import { makeFolder } from "../base/folder.js";
import { hashBytes } from "../base/hash.js";
import { maxRelativeError } from "../measure/parity.js";
import type { ExportForm, TrialSelector } from "../plan/export-forms.js";
import type { Plan, Trial } from "../plan/plan.js";
import type { Report } from "../report/report.js";
import { evaluateExpectations } from "../results/expectations.js";
import type { CompletedRecord, TrialRecord } from "../results/record.js";
import type { RunEvent } from "../run/events.js";
import { inFreshProcess } from "../run/latency-trial.js";
import { PARITY_LIMIT } from "../run/parity.js";
import type { StartWorker } from "../run/process.js";
import type { ExportedForm, ExportedForms } from "../run/protocol.js";
import { modelCard } from "./card.js";
import { type Chosen, chooseTrial } from "./choose.js";
import { checkTarget, replaceFolder } from "./folder.js";
import { type ExportManifest, exportManifest, type FormEntry, loadText, type Provenance } from "./manifest.js";
import { CARD_NAME, type ListedFile, MANIFEST_NAME } from "./manifest-file.js";

/** What is exported, and where to. */
export interface ExportRequest extends Provenance {
  readonly selector: TrialSelector;
  /** Absolute; made when missing. */
  readonly folder: string;
  /** The usual ones that the trial has unless given. */
  readonly forms?: readonly ExportForm[];
  /** Whether files that no export has written may lie in the folder. */
  readonly force?: boolean;
}

/** What an export is made from. */
export interface ExportSubject {
  readonly plan: Plan;
  readonly program: { readonly path: string; readonly text: string };
  /** Of the plan's trials, in its order; skipped cells last. */
  readonly records: readonly TrialRecord[];
  /** Folder of the experiment's results, which holds the files that were measured. */
  readonly resultsFolder: string;
  /** Of the project. */
  readonly root: string;
  readonly startWorker: StartWorker;
  readonly onEvent: (event: RunEvent) => void;
}

/** What was written. */
export interface Exported {
  readonly folder: string;
  readonly trial: string;
  readonly label: string;
  /** Why this trial, and what the choice leaves open. */
  readonly sentences: readonly string[];
  readonly manifest: ExportManifest;
}

/** An experiment is opened with at least one; what is written has samples of its own. */
const PARITY_SAMPLES = 1;

/**
 * Writes the chosen trial's forms, `manifest.json` and `MODEL_CARD.md` to a folder, whole or not at all. TF.js's files are run by
 * TF.js before the folder is there.
 * @throws {DiagnosticError} what `chooseTrial` and `checkTarget` throw; `export-form-unfit`, `export-no-form`, `export-differs`;
 * `parity-failed` where TF.js computes something else from the files
 */
export async function exportTrial(request: ExportRequest, subject: ExportSubject): Promise<Exported> {
  const { plan, records } = subject;
  const chosen = chooseTrial(records, plan.expectations, request.selector);
  const trial = plan.trials.find(({ id }) => id === chosen.record.trial);
  if (!trial) throw new Error(`export: the plan has no trial ${chosen.record.trial}`);
  await checkTarget(request.folder, { root: subject.root, force: request.force === true });
  let manifest: ExportManifest | undefined;
  await replaceFolder(request.folder, async (staging) => {
    subject.onEvent({ kind: "stage", label: chosen.label, stage: "export" });
    const written = await writeFormsOf(trial, chosen, request, subject, staging);
    const forms = await Promise.all(written.forms.map((form) => formEntry(form, chosen.record, staging, subject)));
    manifest = await writePapers(staging, { request, subject, chosen, written, forms });
  });
  if (!manifest) throw new Error("export: nothing was written");
  const { label, sentences, record } = chosen;
  return { folder: request.folder, trial: record.trial, label, sentences, manifest };
}

/** A child opens the experiment, calibrates for this trial alone, and writes. */
function writeFormsOf(
  { id, scheme }: Trial,
  { record, label }: Chosen,
  { forms }: ExportRequest,
  { plan, resultsFolder, startWorker }: ExportSubject,
  folder: string,
): Promise<ExportedForms> {
  const models = join(resultsFolder, "models");
  makeFolder(models);
  return inFreshProcess(startWorker, async (worker) => {
    await worker.call("open", {
      model: plan.model,
      data: plan.data,
      folder: models,
      calibrations: scheme.calibration ? [scheme.calibration] : [],
      seed: plan.seed,
      paritySamples: PARITY_SAMPLES,
    });
    return worker.call("export", {
      ...{ id, scheme, label, folder, latency: plan.measures.latency },
      ...(record.file ? { recorded: record.file.sha256 } : {}),
      ...(forms ? { forms } : {}),
    });
  });
}

async function formEntry(
  { form, files, isMeasured, accuracy, kind, check, values, continuation }: ExportedForm,
  { latency = [] }: CompletedRecord,
  staging: string,
  subject: ExportSubject,
): Promise<FormEntry> {
  const [first] = files;
  const timed = latency.flatMap(({ file, phase }) => (phase && file === first?.sha256 ? [phase] : []));
  const parity = check && first ? await tfjsParity(check, join(staging, first.path), subject) : undefined;
  return {
    form,
    files: files.map(({ path }) => path),
    load: loadText(form, kind),
    isMeasured,
    ...(timed.length > 0 ? { timed: [...new Set(timed)] } : {}),
    ...(accuracy ? { accuracy } : {}),
    ...(parity ? { parity } : {}),
    ...(continuation ? { continuation } : {}),
    ...values,
  };
}

/** TF.js runs the written files; what it gives is held against what the same weights give on the engine. */
async function tfjsParity(
  { samples, outputs }: NonNullable<ExportedForm["check"]>,
  path: string,
  { plan, startWorker }: ExportSubject,
): Promise<FormEntry["parity"]> {
  const { model, data } = plan;
  const there = await inFreshProcess(startWorker, (worker) =>
    worker.call("reference", { model: { ...model, path }, data, samples }),
  );
  const errors = outputs.map(({ data: ours }, i) =>
    maxRelativeError(there.outputs[i]?.data ?? new Float32Array(0), ours),
  );
  const largest = Math.max(...errors);
  const facts = { maxRelativeError: largest, samples: samples.length, reference: there.reference };
  if (!(largest <= PARITY_LIMIT)) fail("parity-failed", { ...facts, model: model.name, limit: PARITY_LIMIT });
  return facts;
}

interface Papers {
  readonly request: ExportRequest;
  readonly subject: ExportSubject;
  readonly chosen: Chosen;
  readonly written: ExportedForms;
  readonly forms: readonly FormEntry[];
}

async function writePapers(
  staging: string,
  { request, subject, chosen, written, forms }: Papers,
): Promise<ExportManifest> {
  const { plan, program, root } = subject;
  const { record, label, sentences } = chosen;
  const { licence, source } = request;
  const provenance = { ...(licence === undefined ? {} : { licence }), ...(source === undefined ? {} : { source }) };
  const parts = { ...{ plan, program, root, record, label, written, forms, provenance }, chosen: sentences };
  const models: readonly ListedFile[] = [
    ...written.forms.flatMap(({ files }) => files),
    ...(written.tokenizer ? [written.tokenizer] : []),
  ];
  const sizes = new Map(models.map(({ path, bytes }) => [path, bytes]));
  const card = modelCard(exportManifest({ ...parts, files: [] }), reportOf(subject, chosen), sizes);
  await writeFile(join(staging, CARD_NAME), card);
  const text = Buffer.from(card);
  const files = [...models, { path: CARD_NAME, sha256: hashBytes(text), bytes: text.length }];
  const manifest = exportManifest({ ...parts, files });
  await writeFile(join(staging, MANIFEST_NAME), `${JSON.stringify(manifest, undefined, 1)}\n`);
  return manifest;
}

/** The report of the exported trial and of fp32, with which it is compared. */
function reportOf({ plan, records }: ExportSubject, { record }: Chosen): Report {
  const shown = records.filter(({ scheme, trial }) => scheme.mode === "fp32" || trial === record.trial);
  const about = plan.expectations.filter(({ scheme }) => scheme === record.scheme.name);
  return {
    experiment: plan.experiment,
    model: plan.model.name,
    data: plan.data.name,
    records: shown.filter(({ status }) => status === "completed"),
    expectations: evaluateExpectations(about, [record]),
  };
}
