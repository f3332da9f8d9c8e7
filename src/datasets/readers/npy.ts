import { fail } from "../../base/diagnostic.js";
import { type ContentHash, hashJson } from "../../base/hash.js";
import { nearestFact } from "../../base/nearest.js";
import type { OptionSpec } from "../../base/option.js";
import { together } from "../../base/together.js";
import { arraySampleShape, arraySamples, type NumberArray } from "../array.js";
import { assemble, labelSummary, sizesOf } from "../assemble.js";
import { pathOf, readBytes, readHead, siblingOf } from "../files.js";
import { longestNpyHeader, parseNpy, parseNpyHeader } from "../npy.js";
import { isZip, type Npz, openNpz } from "../npz.js";
import { classes, shape, task, valueOptions } from "../options.js";
import type { DataReader } from "../reader.js";
import { type DataSettings, settingsOf } from "../settings.js";

const options: readonly OptionSpec[] = [
  {
    name: "label",
    type: { kind: "string" },
    summary: "of an npz: the name of the array of labels; of an npy: a second .npy file in the same folder or below",
    sweeps: false,
  },
  {
    name: "inputs",
    type: { kind: "names" },
    summary: "of an npz: the arrays that are the model's inputs, in its order; default the only array beside the label",
    sweeps: false,
  },
  task,
  classes,
  shape,
  ...valueOptions,
];

export const npy: DataReader = {
  name: "npy",
  summary: "NumPy arrays, .npy or .npz; the first axis counts samples",
  source: "file",
  options,
  async summarize(ref) {
    const settings = settingsOf(ref, options);
    const path = pathOf(ref);
    const head = await readHead(path, longestNpyHeader + 12);
    if (isZip(head)) {
      const arrays = chooseArrays(openNpz((await readBytes(path)).bytes, path), path, settings);
      return summaryOf(
        arrays.inputs.map(({ header }) => header()),
        path,
        settings,
      );
    }
    const label = settings.text("label");
    const moreFiles = label === undefined ? [] : [await siblingOf(path, label)];
    return { ...summaryOf([parseNpyHeader(head, path)], path, settings), moreFiles };
  },
  async open(ref) {
    const settings = settingsOf(ref, options);
    const { inputs, labels, hash } = await readArrays(pathOf(ref), settings);
    return assemble(ref, settings, arraySamples(inputs, labels, settings, hash));
  },
};

interface Arrays {
  readonly inputs: readonly NumberArray[];
  readonly labels: NumberArray | undefined;
  readonly hash: ContentHash;
}

async function readArrays(path: string, settings: DataSettings): Promise<Arrays> {
  const { bytes, hash } = await readBytes(path);
  if (isZip(bytes)) {
    const { inputs, labels } = chooseArrays(openNpz(bytes, path), path, settings);
    return { inputs: inputs.map(({ read }) => read()), labels: labels?.read(), hash };
  }
  refuseInputs(settings);
  const inputs = [parseNpy(bytes, path)];
  const label = settings.text("label");
  if (label === undefined) return { inputs, labels: undefined, hash };
  const labelPath = await siblingOf(path, label);
  const file = await readBytes(labelPath);
  return { inputs, labels: parseNpy(file.bytes, labelPath), hash: hashJson([hash, file.hash]) };
}

function refuseInputs(settings: DataSettings): void {
  const names = settings.names("inputs");
  if (names) fail("data-option-invalid", { option: "inputs", expected: "arrays of an .npz", given: "one .npy" });
}

function summaryOf(headers: readonly { readonly shape: readonly number[] }[], path: string, settings: DataSettings) {
  const own = headers.length === 1 ? settings : undefined;
  return {
    ...sizesOf(headers[0]?.shape[0] ?? 0, settings),
    inputShapes: headers.map((header) => arraySampleShape(header.shape, path, own)),
    labels: labelSummary(settings),
  };
}

/** An array of an archive, unpacked when read. */
interface Entry {
  header(): { readonly shape: readonly number[] };
  read(): NumberArray;
}

function chooseArrays(npz: Npz, path: string, settings: DataSettings): { inputs: Entry[]; labels: Entry | undefined } {
  const arrays = npz.names;
  const known = (option: string) => (name: string) => () => {
    if (!arrays.includes(name)) {
      fail("data-array-unknown", { path, option, name, arrays, ...nearestFact(name, arrays) });
    }
  };
  const label = settings.text("label");
  const inputs = settings.names("inputs");
  together(...(label === undefined ? [] : [label]).map(known("label")), ...(inputs ?? []).map(known("inputs")));
  const free = arrays.filter((name) => name !== label);
  const names = inputs ?? free;
  if (names === free && free.length > 1) fail("data-array-choice", { path, arrays: free });
  if (names.length === 0) fail("data-empty", { path, what: "arrays beside the label" });
  if (names.length > 1 && settings.shape("shape")) {
    const given = `${names.length} inputs, which have shapes of their own`;
    fail("data-option-invalid", { option: "shape", expected: "the shape of one input", given });
  }
  const entry = (name: string): Entry => ({
    header: () => parseNpyHeader(npz.entry(name), `${path}/${name}.npy`),
    read: () => parseNpy(npz.entry(name), `${path}/${name}.npy`),
  });
  return { inputs: names.map(entry), labels: label === undefined ? undefined : entry(label) };
}
