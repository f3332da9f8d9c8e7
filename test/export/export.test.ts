import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import type { ExportManifest } from "../../src/export/manifest.js";
import { verifyExport } from "../../src/export/manifest-file.js";
import { snippets } from "../../src/export/snippets.js";
import { openData } from "../../src/session/data.js";
import { type RanText, runText } from "../../src/session/program.js";
import type { Result } from "../../src/session/result.js";
import { haveChromium } from "../jupyter/installed.js";
import { havePython, runPython } from "../python.js";
import { openSite, runModule, startBrowser } from "./browser.js";

/** One experiment, exported by its statements; then each file is loaded by the library that it is for. */

const PATIENCE_MS = 300_000;
const root = mkdtempSync(join(tmpdir(), "nibble-export-"));
const shipped = join(ownPackage().folder, "datasets");
const options = { label: "digit", shape: [8, 8, 1], scale: 1 / 16, split: "train 80% test 20% seed 7" };
const program = `model cnn = tfjs("${join(shipped, "models/digits-cnn/model.json")}")
data digits = csv("${join(shipped, "digits/digits.csv")}") {
  label: digit, shape: [8, 8, 1], scale: 1/16, split: train 80% test 20% seed 7
}
experiment sweep {
  model cnn
  data digits
  try static { samples: 40 }
  try stored { weights: uint8 | fp16 }
  measure accuracy, size
}
export sweep.best(size_reduction) to "best" { forms: onnx | onnx_qdq, licence: "Apache-2.0", source: "trained here" }
export sweep.trial("stored uint8 per_tensor") to "small"
export sweep.fp32 to "float" { forms: onnx | onnx_fp16 | tfjs | tfjs_float16 | tfjs_uint8 }
export sweep.static to "static"
`;

let ran: RanText;
let result: Result;
let browser: Browser | undefined;
const folder = (name: string) => join(root, name);
const manifestOf = (name: string) =>
  JSON.parse(readFileSync(join(folder(name), "manifest.json"), "utf8")) as ExportManifest;
const recordOf = (label: string) => {
  const record = result.records.find(
    ({ trial, status }) =>
      status === "completed" && result.exports.some((each) => each.trial === trial && each.label === label),
  );
  if (record?.status !== "completed") throw new Error(`no record of ${label}`);
  return record;
};

beforeAll(async () => {
  mkdirSync(join(root, ".nibble"));
  writeFileSync(join(root, "digits.nib"), program);
  ran = await runText({ path: join(root, "digits.nib"), text: program }, { folder: root });
  const [first] = ran.results;
  if (!first) throw new Error(ran.diagnostics.map(({ code }) => code).join());
  result = first;
  if (haveChromium) browser = await startBrowser();
}, PATIENCE_MS);

afterAll(async () => {
  await browser?.close();
  rmSync(root, { recursive: true, force: true });
});

test("each statement has written its folder, and every file is as its manifest says", async () => {
  expect(ran.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(
    result.exports.map(({ label, manifest: { forms, left } }) => [
      label,
      forms.map(({ form }) => form),
      left.map(({ form }) => form),
    ]),
  ).toEqual([
    ["static", ["onnx", "onnx_qdq"], []],
    ["stored uint8 per_tensor", ["tfjs"], ["onnx"]],
    ["fp32", ["onnx", "onnx_fp16", "tfjs", "tfjs_float16", "tfjs_uint8"], []],
    ["static", ["onnx"], ["tfjs"]],
  ]);
  for (const name of ["best", "small", "float", "static"]) expect(await verifyExport(folder(name))).toEqual([]);
  // Read again, it is what the result holds.
  expect(manifestOf("best")).toEqual(JSON.parse(JSON.stringify(result.exports[0]?.manifest)));
  expect(manifestOf("best").model).toMatchObject({ licence: "Apache-2.0", source: "trained here" });
});

test("the quantized ONNX file is the one that was evaluated, byte for byte", () => {
  const { record, files } = manifestOf("static");
  expect(record.file?.sha256).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(files.find(({ path }) => path === "model.onnx")).toEqual({ path: "model.onnx", ...record.file });
  expect(record.file?.bytes).toBe(record.size?.bytes);
});

test("every node and weight of the quantized file is called after a layer of the model, and no name twice", () => {
  const names = JSON.parse(
    havePython
      ? runPython(
          "import onnx, sys, json\nm = onnx.load_from_string(sys.stdin.buffer.read())\nprint(json.dumps([[n.name for n in m.graph.node], [t.name for t in m.graph.initializer]]))",
          readFileSync(join(folder("static"), "model.onnx")),
        )
      : "[[], []]",
  ) as [string[], string[]];
  for (const list of names) {
    expect(list.filter((name) => !/^(conv|dense|relu|pool|flatten|batch_norm)_?\w*[/_:]/.test(name))).toEqual([]);
    expect(new Set(list).size).toBe(list.length);
  }
});

/** Test samples and what fp32 or a trial gets right of them. */
async function testSplit() {
  const data = await openData({ reader: "csv", path: join(shipped, "digits/digits.csv"), options: { ...options } });
  return { x: [...data.test.x.data], shape: data.test.x.shape, y: [...(data.test.y ?? [])] };
}

const rightOf = (label: string) => {
  const top1 = recordOf(label).accuracy?.top1;
  return Math.round((top1?.value ?? Number.NaN) * (top1?.n ?? Number.NaN));
};

const PYTHON = `
import json, sys, numpy as np, onnxruntime
given = json.load(sys.stdin)
x = np.array(given["x"], np.float32).reshape(given["shape"])
right = []
for path in given["paths"]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (output,) = session.run(None, {session.get_inputs()[0].name: x})
    right.append(int((output.argmax(1) == np.array(given["y"])).sum()))
print(json.dumps(right))
`;

test.skipIf(!havePython)("onnxruntime of Python loads every ONNX form and gets as many samples right", async () => {
  const paths = ["static/model.onnx", "best/model-qdq.onnx", "float/model.onnx", "float/model-fp16.onnx"].map(folder);
  const right = JSON.parse(runPython(PYTHON, JSON.stringify({ ...(await testSplit()), paths })));
  const [quantized, float] = [rightOf("static"), rightOf("fp32")];
  expect(right).toEqual([quantized, quantized, float, float]);
});

test.skipIf(!haveChromium)(
  "onnxruntime-web loads the quantized file in a browser and gets as many samples right",
  async () => {
    if (!browser) throw new Error("no browser");
    const { page } = await openSite(browser, folder("static"));
    const right = await page.evaluate(
      `(async ({ x, shape, y }) => {
        const { InferenceSession, Tensor } = await import("onnxruntime-web");
        const session = await InferenceSession.create("model.onnx");
        const feeds = { [session.inputNames[0]]: new Tensor("float32", Float32Array.from(x), shape) };
        const output = (await session.run(feeds))[session.outputNames[0]];
        const width = output.dims[1];
        return y.filter((label, i) => {
          const row = output.data.subarray(i * width, (i + 1) * width);
          return row.indexOf(Math.max(...row)) === label;
        }).length;
      })(${JSON.stringify(await testSplit())})`,
    );
    await page.close();
    expect(right).toBe(rightOf("static"));
  },
  PATIENCE_MS,
);

test.skipIf(!haveChromium)(
  "TF.js in a browser loads what is stored for it and has the simulated accuracy",
  async () => {
    if (!browser) throw new Error("no browser");
    const { page } = await openSite(browser, root);
    const right = await page.evaluate(
      `(async ({ x, shape, y }) => {
        const tf = await import("@tensorflow/tfjs");
        await tf.setBackend("cpu");
        const counts = {};
        for (const path of ["small/tfjs", "float/tfjs-float16"]) {
          const model = await tf.loadLayersModel(path + "/model.json");
          const answers = await model.predict(tf.tensor(x, shape)).argMax(1).data();
          counts[path] = y.filter((label, i) => answers[i] === label).length;
        }
        return counts;
      })(${JSON.stringify(await testSplit())})`,
    );
    await page.close();
    const formsOf = new Map(manifestOf("float").forms.map(({ form, accuracy }) => [form, accuracy?.top1]));
    const counted = (form: "tfjs_float16" | "tfjs_uint8") => Math.round((formsOf.get(form)?.value ?? 0) * 360);
    expect(right).toEqual({
      "small/tfjs": rightOf("stored uint8 per_tensor"),
      "float/tfjs-float16": counted("tfjs_float16"),
    });
    // The simulated trial and the form of fp32 are the same weights.
    expect(counted("tfjs_uint8")).toBe(rightOf("stored uint8 per_tensor"));
  },
  PATIENCE_MS,
);

/** The programs of a card, as they stand in it. */
function printedSnippets(name: string): readonly { readonly title: string; readonly code: string }[] {
  const card = readFileSync(join(folder(name), "MODEL_CARD.md"), "utf8");
  return [...card.matchAll(/### (.+)\n\n```(?:python|js)\n([\s\S]*?)\n```/g)].map(([, title = "", code = ""]) => ({
    title,
    code,
  }));
}

test(
  "every program of the card runs as it is printed and gives the outputs' shapes",
  async () => {
    const found = printedSnippets("float");
    expect(found.map(({ title }) => title)).toEqual(snippets(manifestOf("float")).map(({ title }) => title));
    symlinkSync(join(ownPackage().folder, "node_modules"), join(root, "node_modules"));
    const shapes: Record<string, unknown> = {};
    for (const { title, code } of found) {
      if (title.startsWith("Python") && havePython) {
        shapes[title] = JSON.parse(runPython(`import os\nos.chdir(${JSON.stringify(folder("float"))})\n${code}`));
      } else if (title.startsWith("Node")) {
        writeFileSync(join(folder("float"), "load.mjs"), code);
        shapes[title] = JSON.parse(
          execFileSync(process.execPath, ["load.mjs"], { cwd: folder("float"), encoding: "utf8" }),
        );
      } else if (title.startsWith("Browser") && browser) {
        const { page, printed } = await openSite(browser, folder("float"));
        shapes[title] = JSON.parse(await runModule(page, printed, code));
        await page.close();
      }
    }
    const ran = found
      .map(({ title }) => title)
      .filter((title) => title.startsWith("Node") || (title.startsWith("Python") ? havePython : haveChromium));
    expect(shapes).toEqual(Object.fromEntries(ran.map((title) => [title, [[1, 10]]])));
  },
  PATIENCE_MS,
);

test(
  "a second export takes the place of the first, but never of files that are not its own",
  async () => {
    const again = await result.export("static", folder("static"), { forms: ["onnx_qdq"] });
    expect(again.manifest.files.map(({ path }) => path)).toEqual(["model-qdq.onnx", "MODEL_CARD.md"]);
    expect(await verifyExport(folder("static"))).toEqual([]);
    writeFileSync(join(folder("static"), "notes.txt"), "mine");
    await expect(result.export("static", folder("static"))).rejects.toMatchObject({
      diagnostics: [{ code: "export-folder-taken", facts: { found: ["notes.txt"] } }],
    });
    await result.export("static", folder("static"), { force: true });
    expect(await verifyExport(folder("static"))).toEqual([]);
    expect(readFileSync(join(folder("static"), "notes.txt"), "utf8")).toBe("mine");
  },
  PATIENCE_MS,
);

test(
  "forms that a trial does not have are refused by name, with the reason",
  async () => {
    const refused = async (trial: string, form: string) =>
      result.export(trial, folder("never"), { forms: [form] }).then(
        () => "written",
        (error: { diagnostics: { code: string }[] }) => error.diagnostics.map(({ code }) => code).join(),
      );
    expect(await refused("static", "tfjs_uint8")).toBe("export-form-unfit");
    expect(await refused("static", "onnx_with_past")).toBe("export-form-unfit");
    expect(await refused("stored uint8 per_tensor", "onnx")).toBe("export-form-unfit");
    expect(await refused("fp32", "tflite")).toBe("unknown-name");
    expect(await refused("best(beauty)", "onnx")).toBe("unknown-name");
  },
  PATIENCE_MS,
);
