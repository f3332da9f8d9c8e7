import { resolve } from "node:path";
import { type Diagnostic, DiagnosticError, diagnostic, fail } from "../base/diagnostic.js";
import { unknown } from "../base/nearest.js";
import { together } from "../base/together.js";
import { type Exported, type ExportRequest, type ExportSubject, exportTrial } from "../export/export.js";
import { checkTarget } from "../export/folder.js";
import type { Provenance } from "../export/manifest.js";
import type { CheckedProgram } from "../language/check.js";
import { type ExportForm, exportForms } from "../plan/export-forms.js";
import type { CpuProfile } from "../quantize/profile.js";
import { diagnosticsOf } from "../run/failure.js";
import { type AskedExport, statedExport } from "./asked-export.js";
import { askedTrial } from "./asked-trial.js";
import type { Undertaking } from "./diagnose.js";

/** What may be said of an export beside the trial and the folder. */
export interface ExportOptions extends Provenance {
  /** "onnx", "onnx_qdq", "onnx_fp16", "tfjs", "tfjs_float16", "tfjs_uint16", "tfjs_uint8"; the usual ones that the trial has unless given. */
  readonly forms?: readonly string[] | undefined;
  /** Write beside files that no export has written, and replace those of the same names. */
  readonly force?: boolean | undefined;
}

/** An export in place of a run: the program's own `export` statements, or a trial. */
export interface ExportWish extends ExportOptions {
  /** `experiment.best(speedup)`, `experiment.static`, `experiment.trial("static minmax")`; the experiment may be left out where there is one. */
  readonly trial?: string | undefined;
  /** Folder, from the current one; with statements in place of theirs, of which there may be one then. */
  readonly to?: string | undefined;
}

/**
 * The experiments that a wish needs, with what is exported of each.
 * @param cpu that the plans are for
 * @throws {DiagnosticError} `unknown-name`, `export-nothing`, `export-form`, and what `askedTrial` throws
 */
export function undertakingsFor(program: CheckedProgram, wish: ExportWish, cpu: CpuProfile): readonly Undertaking[] {
  if (wish.trial !== undefined) return [undertakingOf(wish.trial, program, wish, cpu)];
  const { experiments, exports } = program;
  const options = exportOptions(wish);
  if (exports.length === 0) fail("export-nothing", { experiments: experiments.map(({ name }) => name) });
  if (wish.to !== undefined && exports.length > 1) fail("export-twice", { folder: wish.to });
  const target = wish.to === undefined ? {} : { folder: resolve(wish.to) };
  return [...new Set(exports.map(({ experiment }) => experiment))].map((experiment) => ({
    experiment,
    isEarlier: !experiments.includes(experiment),
    diagnosed: [],
    exported: exports
      .filter((each) => each.experiment === experiment)
      .map(statedExport)
      .map((asked) => ({ ...asked, request: { ...asked.request, ...options, ...target } })),
  }));
}

/** The experiment of the one trial that a wish names; what is wrong with it and with its options is told at once. */
function undertakingOf(trial: string, { experiments }: CheckedProgram, wish: ExportWish, cpu: CpuProfile): Undertaking {
  const { to } = wish;
  const [asked, options, folder] = together(
    () => askedTrial(trial, experiments, cpu),
    () => exportOptions(wish),
    () => (to === undefined ? fail("export-form", { text: trial }) : resolve(to)),
  );
  const { experiment, selector } = asked;
  return { experiment, isEarlier: false, diagnosed: [], exported: [{ request: { ...options, selector, folder } }] };
}

/** @throws {DiagnosticError} `unknown-name` for a form that there is none of */
export function exportOptions({
  forms,
  force,
  licence,
  source,
}: ExportOptions): Omit<ExportRequest, "selector" | "folder"> {
  const known = exportForms.map(({ name }) => name);
  const wrong = forms?.find((form) => !known.some((name) => name === form));
  if (wrong !== undefined) fail("unknown-name", { kind: "form of an export", ...unknown(wrong, known) });
  return {
    ...(forms ? { forms: forms as readonly ExportForm[] } : {}),
    ...(force ? { force } : {}),
    ...(licence === undefined ? {} : { licence }),
    ...(source === undefined ? {} : { source }),
  };
}

/** What stands against the folders of exports, before anything runs for them. */
export async function targetMistakes(asked: readonly AskedExport[], root: string): Promise<readonly Diagnostic[]> {
  const mistakes = asked.map(async ({ request: { folder, force = false }, spans }) => {
    try {
      await checkTarget(folder, { root, force });
      return [];
    } catch (error) {
      return diagnosticsOf(error, "export").map((each) => placed(each, spans));
    }
  });
  return (await Promise.all(mistakes)).flat();
}

/** Does the exports one after another; one that cannot be done is a diagnostic, and the others follow. */
export async function doExports(
  asked: readonly AskedExport[],
  subject: ExportSubject,
): Promise<{ readonly exports: readonly Exported[]; readonly diagnostics: readonly Diagnostic[] }> {
  const exports: Exported[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { request, spans } of asked) {
    try {
      exports.push(await exportTrial(request, subject));
    } catch (error) {
      diagnostics.push(...diagnosticsOf(error, "export").map((each) => placed(each, spans)));
    }
  }
  return { exports, diagnostics };
}

function placed(found: Diagnostic, spans: AskedExport["spans"]): Diagnostic {
  if (!spans || found.span) return found;
  const isFolder = found.code.startsWith("export-folder") || found.code === "file-not-written";
  return diagnostic(found.code, found.facts, { span: isFolder ? spans.folder : spans.trial, severity: found.severity });
}

/** The export of a result that holds no program. */
export function refuseExport(experiment: string): never {
  throw new DiagnosticError(diagnostic("export-needs-program", { experiment }));
}
