import { renderMarkdown } from "../report/markdown.js";
import { escapeMarkdown } from "../report/markup.js";
import type { Report } from "../report/report.js";
import { accuracyOf } from "../results/metric.js";
import type { AccuracyResult, SchemeSummary } from "../results/record.js";
import { bytes, metricText, percent, plain } from "../results/units.js";
import type { ExportManifest, FormEntry } from "./manifest.js";
import { snippets } from "./snippets.js";

/**
 * `MODEL_CARD.md`: what the files are, how the model was quantized, what was measured with its intervals and conditions, and
 * programs that load them. Says no more than the records do.
 * @param report of the exported trial and fp32 alone
 * @param sizes  bytes of each file, by its path
 */
export function modelCard(
  manifest: Omit<ExportManifest, "files">,
  report: Report,
  sizes: ReadonlyMap<string, number>,
): string {
  const { model, label, experiment, createdBy } = manifest;
  const blocks = [
    `# ${escapeMarkdown(model.name)}: ${escapeMarkdown(label)}`,
    `Exported from the experiment **${escapeMarkdown(experiment)}** by ${createdBy}.`,
    bullets(manifest.chosen.map(sentence)),
    "## How it was quantized",
    bullets(schemeLines(manifest.record.scheme)),
    "## What was measured",
    renderMarkdown(report).trimEnd(),
    "## Files",
    formTable(manifest.forms, sizes),
    bullets([
      ...manifest.forms.flatMap(formNotes),
      ...manifest.left.map(({ form, reason }) => `no ${form}: ${escapeMarkdown(reason)}`),
    ]),
    "## Input and output",
    bullets(valueLines(manifest)),
    "## How to load it",
    "Run beside the files. Each prints the shapes of the outputs, or the tokens that it has made.",
    ...snippets(manifest).map(({ title, language, code }) => `### ${title}\n\n\`\`\`${language}\n${code}\n\`\`\``),
    "## Limits",
    bullets(limitLines(manifest)),
    "## Origin",
    bullets(originLines(manifest)),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

const bullets = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join("\n");

function sentence(words: string): string {
  const text = escapeMarkdown(words);
  return `${text}.`;
}

function schemeLines(scheme: SchemeSummary): readonly string[] {
  const { mode, weights, granularity, group, symmetry, activations, calibration, samples, method, exactness } = scheme;
  if (mode === "fp32") return ["Not quantized: 32-bit float."];
  const shared = group === undefined ? granularity?.replace("_", " ") : `groups of ${group}`;
  const kept = Object.entries(scheme.keep ?? {});
  const lines: readonly (string | undefined)[] = [
    scheme.storage === "tfjs" ? "Stored: weights alone are smaller, all arithmetic is 32-bit float." : `Mode: ${mode}.`,
    weights && `Weights: ${[weights, shared, symmetry].filter(Boolean).join(", ")}.`,
    activations &&
      `Activations: ${activations}${scheme.activationGroup ? `, groups of ${scheme.activationGroup}` : ""}.`,
    calibration && `Calibration: ${calibration} of ${samples} training samples.`,
    method && `Method: ${method}.`,
    exactness && `Kept exact by: ${exactness}.`,
    kept.length > 0
      ? `Layers kept: ${kept.map(([layer, precision]) => `${escapeMarkdown(layer)} at ${precision}`).join(", ")}.`
      : undefined,
    scheme.execution === "simulated" ? "Simulated: no kernel computes in these formats." : undefined,
  ];
  return lines.flatMap((line) => line || []);
}

function formTable(forms: readonly FormEntry[], sizes: ReadonlyMap<string, number>): string {
  const rows = forms.map(({ form, files, load, isMeasured, accuracy }) => {
    const size = files.reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0);
    const figures = isMeasured ? "as measured above" : accuracyText(accuracy);
    return `| ${form} | ${files.map((file) => `\`${file}\``).join(", ")} | ${bytes(size)} | ${load} | ${figures} |`;
  });
  return ["| form | files | size | opened by | accuracy |", "| --- | --- | ---: | --- | --- |", ...rows].join("\n");
}

function accuracyText(accuracy: AccuracyResult | undefined): string {
  const found = accuracy && accuracyOf({ accuracy });
  if (!accuracy || !found) return "not measured";
  const text = (value: number) => metricText("accuracy", value, found.isShare);
  const own = `${text(found.value)} [${text(found.ci95[0])}, ${text(found.ci95[1])}]`;
  if (found.name === "relative_error") return `error against fp32 ${own}`;
  const { value, ci95 } = accuracy.drop;
  const drop = found.isShare ? `${percent(value, 2)} [${percent(ci95[0], 2)}, ${percent(ci95[1], 2)}]` : plain(value);
  return `${own}, ${found.isShare ? "drop" : "increase"} ${drop}`;
}

function formNotes({ form, timed, parity, continuation, positions }: FormEntry): readonly string[] {
  const notes: string[] = [];
  if (timed) notes.push(`${form}: the very file that ${timed.join(" and ")} was timed with`);
  if (parity) {
    const { maxRelativeError, samples, reference } = parity;
    notes.push(
      `${form}: ${reference} ran the written files on ${samples} test samples; largest relative difference ${maxRelativeError.toExponential(1)}`,
    );
  }
  if (continuation) {
    const { sequences, tokens, maxRelativeError, sameTop } = continuation;
    notes.push(
      `${form}: ${sequences} test sequences (${tokens} tokens) were read in parts, the last tokens one by one, and whole; largest relative difference of the logits ${maxRelativeError.toExponential(1)}, the same most likely token ${percent(sameTop, 1)} of the time`,
    );
  }
  if (positions !== undefined) {
    notes.push(
      `${form}: holds ${positions} tokens, prompt and answer together; \`measure latency { phase: decode, context: N }\` makes room for N + 1`,
    );
  }
  return notes;
}

function valueLines({
  inputs,
  outputs,
  data,
  forms,
}: Pick<ExportManifest, "inputs" | "outputs" | "data" | "forms">): readonly string[] {
  const shape = (sizes: ExportManifest["inputs"][number]["shape"]) =>
    `[${sizes.map((size) => size ?? "batch").join(", ")}]`;
  const line = (what: string) => (value: ExportManifest["inputs"][number]) =>
    `${what} \`${value.name}\`: ${value.dtype} ${shape(value.shape)}`;
  const settings = Object.entries((data.settings ?? {}) as Readonly<Record<string, unknown>>);
  return [
    ...inputs.map(line("Input")),
    ...outputs.map(line("Output")),
    ...forms.flatMap((form) => cacheLines(form)),
    ...(data.tokenizer === undefined
      ? []
      : [`Tokens are those of \`${data.tokenizer}\`, which lies beside the model.`]),
    `Samples come from the reader ${data.reader}${settings.length === 0 ? "" : ` with ${settings.map(([key, value]) => `\`${key}: ${JSON.stringify(value)}\``).join(", ")}`}.`,
    ...(data.classes
      ? [
          `Classes, in the order of the output: ${data.classes.slice(0, 200).map(escapeMarkdown).join(", ")}${data.classes.length > 200 ? ` and ${data.classes.length - 200} more` : ""}.`,
        ]
      : []),
  ];
}

/** Inputs and outputs of a form with a cache; the blocks are alike, so the first speaks for them. */
function cacheLines({ form, inputs, outputs }: FormEntry): readonly string[] {
  if (!inputs || !outputs) return [];
  const shown = ({ name, dtype, shape }: (typeof inputs)[number]) => `\`${name}\` ${dtype} [${shape.join(", ")}]`;
  const list = (values: typeof inputs) => values.slice(0, 3).map(shown).join(", ");
  const blocks = (inputs.length - 1) / 2;
  return [
    `${form} takes ${list(inputs)} and gives ${list(outputs)}${blocks > 1 ? `, and so on for ${blocks} blocks` : ""}. The cache is empty (0 tokens) for a prompt; what is given back is the next run's cache.`,
  ];
}

function limitLines({ record, forms, data }: Omit<ExportManifest, "files">): readonly string[] {
  const { environment } = record.manifest;
  const quick = record.latency?.some((result) => result.quick) ?? false;
  return [
    `Accuracy is that of the test split of ${escapeMarkdown(data.name)} and says nothing of other data.`,
    ...(record.latency
      ? [
          `Speed was measured on ${escapeMarkdown(environment.cpu)} with ${environment.engine}; other machines have other kernels.`,
        ]
      : ["Speed was not measured."]),
    ...(quick ? ["The speed is of a quick run, with few samples: a look, not a claim."] : []),
    ...(record.latency && !record.attestation.attested
      ? ["Its speed is no claim: it did not run as it was planned."]
      : []),
    ...(forms.some(({ form }) => form.startsWith("tfjs"))
      ? ["TensorFlow.js computes in 32-bit float whatever its files hold: they are smaller, not faster."]
      : []),
  ];
}

function originLines({ model, data, record, program }: Omit<ExportManifest, "files">): readonly string[] {
  return [
    `Licence of the model: ${model.licence === undefined ? "not stated" : escapeMarkdown(model.licence)}.`,
    `Source of the model: ${model.source === undefined ? "not stated" : escapeMarkdown(model.source)}.`,
    `Model: \`${model.hash}\` (${model.format}); data: \`${data.hash}\`.`,
    `Trial: \`${record.trial}\`; the program is in manifest.json (${escapeMarkdown(program.path)}).`,
  ];
}
