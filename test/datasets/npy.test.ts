import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { havePython, runPython } from "../python.js";
import { half, samplesOf, scratch } from "./scratch.js";

const { folder, write, open, summarize, refusal } = scratch();

/** A version 1 file by hand: magic, version, length of the literal, literal, elements. */
function npyFile(literal: string, elements: Uint8Array): Uint8Array {
  const header = Buffer.from(`${literal}\n`, "latin1");
  return Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00", "latin1"),
    Uint8Array.of(header.length & 255, header.length >> 8),
    header,
    elements,
  ]);
}

const bytes = npyFile("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }", Uint8Array.of(1, 2, 3, 4, 5, 6));

test("a file by hand", async () => {
  const path = write("hand.npy", bytes);
  expect(samplesOf(await open("npy", path, { split: half }))).toEqual([[[1, 2, 3]], [[4, 5, 6]]]);
  expect(await summarize("npy", path, { shape: [3, 1] })).toEqual({
    size: 2,
    trainSize: 1,
    inputShapes: [[3, 1]],
    moreFiles: [],
    labels: { kind: "none" },
  });
});

const script = `
import json, sys
import numpy as np
from numpy.lib import format
folder = sys.stdin.read()
values = np.array([[0, 1, 5], [100, 2, 1]])
for dtype in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]:
    for order in "<>":
        np.save(f"{folder}/{order == '<'}-{dtype}.npy", values.astype(order + dtype))
cube = np.arange(24, dtype=">i4").reshape(2, 3, 4)
np.save(f"{folder}/fortran.npy", np.asfortranarray(cube))
for version in [(1, 0), (2, 0), (3, 0)]:
    with open(f"{folder}/version{version[0]}.npy", "wb") as file:
        format.write_array(file, values.astype("f4"), version=version)
small = np.array([[6.1e-5, 6e-8, -65504.0]], dtype="f2").repeat(2, 0)
np.save(f"{folder}/half.npy", small)
np.savez(f"{folder}/plain.npz", x=values.astype("f4"), y=np.array([1, 0]))
np.savez_compressed(f"{folder}/packed.npz", x=values.astype("f4"), y=np.array([[0, 1], [1, 0]]), z=cube.astype("f8"))
np.save(f"{folder}/objects.npy", np.array([{"a": 1}, None]), allow_pickle=True)
np.save(f"{folder}/records.npy", np.zeros(2, dtype=[("a", "f4")]))
np.save(f"{folder}/text.npy", np.array(["cat", "dog"]))
np.save(f"{folder}/y.npy", np.array([1.5, -2.0]))
print(json.dumps(small.astype("f4").tolist()))
`;

if (havePython) {
  const halves = JSON.parse(runPython(script, folder)) as number[][];
  const at = (name: string) => join(folder, name);
  const values = [[[0, 1, 5]], [[100, 2, 1]]];

  test.each(["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])(
    "numpy's %s, both byte orders",
    async (dtype) => {
      expect(samplesOf(await open("npy", at(`True-${dtype}.npy`), { split: half }))).toEqual(values);
      expect(samplesOf(await open("npy", at(`False-${dtype}.npy`), { split: half }))).toEqual(values);
    },
  );

  test("numpy's b1 is 0 and 1", async () => {
    expect(samplesOf(await open("npy", at("True-b1.npy"), { split: half }))).toEqual([[[0, 1, 1]], [[1, 1, 1]]]);
  });

  test("float16: subnormal, smallest and largest values as numpy widens them", async () => {
    expect(samplesOf(await open("npy", at("half.npy"), { split: half }))).toEqual(halves.map((row) => [row]));
  });

  test("Fortran order is read in row-major order", async () => {
    const data = await open("npy", at("fortran.npy"), { split: half });
    expect(data.inputShapes).toEqual([[3, 4]]);
    const count = (from: number) => Array.from({ length: 12 }, (_, i) => from + i);
    expect(samplesOf(data)).toEqual([[count(0)], [count(12)]]);
  });

  test.each([1, 2, 3])("format version %d", async (version) => {
    expect(samplesOf(await open("npy", at(`version${version}.npy`), { split: half }))).toEqual(values);
  });

  test("npz: samples and labels by name, stored and deflated", async () => {
    const plain = await open("npy", at("plain.npz"), { label: "y", split: half });
    const packed = await open("npy", at("packed.npz"), { label: "y", inputs: ["x"], split: half });
    expect([samplesOf(plain), samplesOf(packed)]).toEqual([values, values]);
    expect(plain.labels).toEqual({ kind: "class", values: Int32Array.of(1, 0), classes: ["0", "1"] });
    expect(packed.labels).toEqual(plain.labels);
  });

  test("npz: several inputs in the order of the model", async () => {
    const data = await open("npy", at("packed.npz"), { label: "y", inputs: ["z", "x"], split: half });
    expect(data.inputShapes).toEqual([[3, 4], [3]]);
    expect(data.read([1]).map((input) => input.shape)).toEqual([
      [1, 3, 4],
      [1, 3],
    ]);
    expect(await summarize("npy", at("packed.npz"), { inputs: ["z", "x"] })).toEqual({
      size: 2,
      trainSize: 1,
      inputShapes: [[3, 4], [3]],
      labels: { kind: "none" },
    });
  });

  test("an npy takes its labels from a second file", async () => {
    const data = await open("npy", at("True-f4.npy"), { label: "y.npy", task: "regression", split: half });
    expect(data.labels).toEqual({ kind: "value", values: Float32Array.of(1.5, -2), width: 1 });
  });

  test("what numpy can write and is not read", async () => {
    expect(await refusal(open("npy", at("objects.npy")))).toMatchInlineSnapshot(`
      "error[data-dtype]: "objects.npy" has elements of type |O, which is not read
           = hint: types that are: f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1"
    `);
    expect(await refusal(open("npy", at("records.npy")))).toMatchInlineSnapshot(`
      "error[data-dtype]: "records.npy" has elements of type a record, which is not read
           = hint: types that are: f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1"
    `);
    expect(await refusal(open("npy", at("text.npy")))).toMatchInlineSnapshot(`
      "error[data-dtype]: "text.npy" has elements of type <U3, which is not read
           = hint: types that are: f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1"
    `);
    expect(await refusal(open("npy", at("packed.npz"), { label: "y" }))).toMatchInlineSnapshot(`
      "error[data-array-choice]: "packed.npz" has several arrays that could be the samples: "x", "z"
           = hint: \`inputs: [name]\` says which, \`label: name\` names the labels"
    `);
    expect(await refusal(open("npy", at("packed.npz"), { label: "w", inputs: ["x", "v"] }))).toMatchInlineSnapshot(`
      "error[data-array-unknown]: "packed.npz" has no array "w" (\`label\`)
           = hint: known arrays: "x", "y", "z"
      error[data-array-unknown]: "packed.npz" has no array "v" (\`inputs\`)
           = hint: known arrays: "x", "y", "z""
    `);
    expect(await refusal(open("npy", at("packed.npz"), { label: "Y" }))).toMatchInlineSnapshot(`
      "error[data-array-unknown]: "packed.npz" has no array "Y" (\`label\`)
           = hint: did you mean "y"?"
    `);
    expect(await refusal(open("npy", at("packed.npz"), { inputs: ["x", "z"], shape: [3] }))).toMatchInlineSnapshot(
      `"error[data-option-invalid]: \`shape\` takes the shape of one input, not 2 inputs, which have shapes of their own"`,
    );
  });

  test("a damaged archive is refused", async () => {
    const whole = readFileSync(at("packed.npz"));
    expect(await refusal(open("npy", write("cut.npz", whole.subarray(0, whole.length - 30))))).toMatchInlineSnapshot(
      `"error[data-corrupt]: "cut.npz" is not readable as npz (zip): invalid zip data"`,
    );
  });
} else {
  test.skip("numpy is not installed: the arrays it writes are not compared", () => {});
}

test("mistakes", async () => {
  const refused = (file: Uint8Array, settings = {}) =>
    refusal(open("npy", write("t.npy", file), { split: half, ...settings }));
  expect(await refused(new Uint8Array())).toMatchInlineSnapshot(`"error[data-empty]: "<folder>/t.npy" holds no bytes"`);
  expect(await refused(Buffer.from("hello"))).toMatchInlineSnapshot(
    `"error[data-corrupt]: "t.npy" is not readable as NumPy: it does not begin with \\x93NUMPY"`,
  );
  expect(await refused(bytes.subarray(0, 30))).toMatchInlineSnapshot(`
    "error[data-truncated]: "t.npy" is cut short: the header needs 70 bytes, the file has 30 bytes
         = hint: fetch the file again"
  `);
  expect(await refused(bytes.subarray(0, bytes.length - 1))).toMatchInlineSnapshot(`
    "error[data-truncated]: "t.npy" is cut short: shape [2, 3] needs 76 bytes, the file has 75 bytes
         = hint: fetch the file again"
  `);
  expect(await refused(Buffer.concat([bytes, Uint8Array.of(0)]))).toMatchInlineSnapshot(`
    "error[data-trailing-bytes]: "t.npy" is longer than its header says: 77 bytes instead of 76
         = hint: the header and the data do not belong together; fetch the file again"
  `);
  expect(await refused(npyFile("__import__('os')", new Uint8Array(1)))).toMatchInlineSnapshot(
    `"error[data-corrupt]: "t.npy" is not readable as NumPy: its header is __import__('os')"`,
  );
  expect(
    await refused(
      npyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 3), }", new Uint8Array(4)),
    ),
  ).toMatchInlineSnapshot(`
    "error[data-truncated]: "t.npy" is cut short: shape [100000000000000000000, 3] needs 1.20e+12 GB, the file has 93 bytes
         = hint: fetch the file again"
  `);
  expect(
    await refused(npyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", new Uint8Array(0))),
  ).toMatchInlineSnapshot(`"error[data-empty]: "<folder>/t.npy" holds no samples"`);
  expect(await refused(bytes, { inputs: ["x"] })).toMatchInlineSnapshot(
    `"error[data-option-invalid]: \`inputs\` takes arrays of an .npz, not one .npy"`,
  );
  expect(await refused(zipSync({ "readme.txt": Uint8Array.of(1) }))).toMatchInlineSnapshot(
    `"error[data-empty]: "<folder>/t.npy" holds no arrays (.npy files)"`,
  );
});

test("an archive that announces more than fits in memory is refused before anything is unpacked", async () => {
  const archive = Buffer.from(zipSync({ "x.npy": bytes }));
  // Size of the first entry in the central directory (APPNOTE 4.3.12: offset 24).
  const central = archive.indexOf(Buffer.from("PK\x01\x02", "latin1"));
  archive.writeUInt32LE(0xf0000000, central + 24);
  expect(await refusal(open("npy", write("bomb.npz", archive)))).toMatchInlineSnapshot(
    `"error[data-too-large]: <folder>/bomb.npz is too large: 4026531840 bytes, the most is 2147483648"`,
  );
});

test("an entry that inflates past its announced size is refused", async () => {
  const archive = Buffer.from(zipSync({ "x.npy": Buffer.concat([bytes, new Uint8Array(100_000)]) }));
  const central = archive.indexOf(Buffer.from("PK\x01\x02", "latin1"));
  archive.writeUInt32LE(64, central + 24);
  expect(await refusal(open("npy", write("liar.npz", archive)))).toMatchInlineSnapshot(`
    "error[data-truncated]: "x.npy" is cut short: the header needs 70 bytes, the file has 64 bytes
         = hint: fetch the file again"
  `);
});
