import { csv } from "../../src/datasets/readers/csv.js";
import { settingsOf } from "../../src/datasets/settings.js";
import { tableLayout } from "../../src/datasets/table.js";
import type { DataDescription, ModelDescription, ProgramHost } from "../../src/language/host.js";
import { cpuProfile } from "../../src/quantize/profile.js";

/** A model as small as the digits CNN: two layers to quantize and one without weights. */
export const cnn: ModelDescription = {
  hash: "sha256:model",
  layers: [
    { name: "conv_1", className: "Conv2D", quantizable: true, parameters: 320 },
    { name: "flatten_1", className: "Flatten", quantizable: false, parameters: 0 },
    { name: "dense_1", className: "Dense", quantizable: true, parameters: 65_600 },
    { name: "dense_2", className: "Dense", quantizable: true, parameters: 650 },
  ],
  inputs: [{ name: "input_1", shape: [8, 8, 1] }],
};

export const digits: DataDescription = {
  hash: "sha256:data",
  columns: ["pixel_0", "pixel_1", "digit"],
  size: 1797,
  inputShapes: [[8, 8, 1]],
};

/** A host that answers from memory: every path inside "/project", files by absolute path; any csv has the columns of `digits`. */
export function fakeHost(
  changes: Partial<ProgramHost> & { files?: Readonly<Record<string, string>> } = {},
): ProgramHost {
  const { files = {}, ...others } = changes;
  return {
    async readFile(path) {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error(`no file ${path}`), { code: "ENOENT" });
      return text;
    },
    resolvePath(path) {
      if (path.includes("..")) return { refused: "it lies outside /project; --allow DIR widens what may be read" };
      return { path: `/project/${path}` };
    },
    describeModel: async () => cnn,
    async describeData(ref) {
      if (ref.reader === "csv") tableLayout(digits.columns ?? [], ref.path ?? "", settingsOf(ref, csv.options));
      return digits;
    },
    values: new Map(),
    cpu: cpuProfile("x64", ["avx2", "avx_vnni"]),
    ...others,
  };
}
