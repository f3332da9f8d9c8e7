import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBundle } from "../../../src/cells/display/to-bundle.js";
import { loadDanfo } from "../../../src/engines/danfo.js";

tf.env().set("IS_TEST", true);

const forms = async (value: unknown) => (await toBundle(value)).data;
const text = async (value: unknown) => String((await forms(value))["text/plain"]);
const jupyterDisplay = Symbol.for("Jupyter.display");

describe("a value without parts of its own", () => {
  test.each([
    [1, "1"],
    [-0, "-0"],
    ["a 'b'\n", `"a 'b'\\n"`],
    [10n, "10n"],
    [Symbol("x"), "Symbol(x)"],
    [null, "null"],
    [undefined, "undefined"],
    [[1, "two"], "[ 1, 'two' ]"],
    [new Map([["a", 1]]), "Map(1) { 'a' => 1 }"],
    [new Set(["a"]), "Set(1) { 'a' }"],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [Promise.resolve(3), "Promise { 3 }"],
    [Buffer.from([1, 2]), "<Buffer 01 02>"],
  ])("%s is text as Node prints it", async (value, shown) => {
    expect(await forms(value)).toEqual({ "text/plain": shown });
  });

  test("a function shows how its source begins", async () => {
    const long = new Function("a", Array.from({ length: 30 }, (_, i) => `a += ${i};`).join("\n"));
    const lines = (await text(long)).split("\n");
    expect(lines[0]).toBe("[Function: anonymous]");
    expect(lines.at(-1)).toBe("... 21 more lines");
    expect(await text(Math.max)).toBe("[Function: max]");
  });

  test("an error shows its class, message and stack", async () => {
    expect(await text(new RangeError("too far"))).toMatch(/^RangeError: too far\n {4}at /);
  });
});

describe("an object that says how it is shown", () => {
  test("by Deno's symbol, at once or later, bytes as base64", async () => {
    const later = { [jupyterDisplay]: async () => ({ "image/png": new Uint8Array([1, 2]), "text/plain": "picture" }) };
    expect(await forms(later)).toEqual({ "image/png": "AQI=", "text/plain": "picture" });
    class Loss {
      [jupyterDisplay]() {
        return { "text/html": "<b>1</b>", "application/json": { loss: Number.NaN } };
      }
    }
    expect(await forms(new Loss())).toEqual({
      "text/html": "<b>1</b>",
      "application/json": { loss: null },
      "text/plain": "Loss {}",
    });
  });

  test("by IJavascript's methods", async () => {
    expect(await forms({ _toHtml: () => "<i>x</i>" })).toMatchObject({ "text/html": "<i>x</i>" });
  });

  test("and throws, or gives nothing of use, is shown as text", async () => {
    const failing = {
      [jupyterDisplay]() {
        throw new Error("not ready");
      },
    };
    expect(await text(failing)).toMatch(/\n\[shown as text: not ready\]$/);
    const rejecting = { [jupyterDisplay]: () => Promise.reject(new Error("later")) };
    expect(await text(rejecting)).toMatch(/\n\[shown as text: later\]$/);
    expect(Object.keys(await forms({ [jupyterDisplay]: () => 7 }))).toEqual(["text/plain"]);
  });
});

describe("hostile values", () => {
  const throwing = () => {
    throw new Error("no");
  };
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  test.each([
    [
      "a proxy that throws",
      new Proxy({}, { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing }),
    ],
    ["a proxy that is every method", new Proxy({}, { get: () => () => new Proxy({}, { get: throwing }) })],
    ["a revoked proxy", revoked()],
    ["getters", Object.defineProperty({}, "shape", { get: throwing, enumerable: true })],
    [
      "a name",
      {
        get [Symbol.toStringTag]() {
          return throwing();
        },
      },
    ],
    ["an inspection of its own", { [Symbol.for("nodejs.util.inspect.custom")]: throwing }],
    ["a cycle", cyclic],
    ["toJSON", { data: [{ y: [1] }], layout: {}, toJSON: throwing }],
    ["a figure with a cycle", { data: [{ y: [1], cyclic }], layout: {} }],
    ["a figure with a BigInt", { data: [{ y: [1n] }], layout: {} }],
    ["an error without a message", Object.defineProperty(new Error(), "message", { get: throwing })],
    ["a tensor that is none", { shape: [2], dtype: "float32", dataId: {}, isDisposed: false, dataSync: throwing }],
    ["a frame that is none", { $data: [[1]], $index: [], $columns: [Symbol("x")], print() {} }],
    ["a model that is none", { predict() {}, countParams: throwing, layers: [null] }],
  ])("%s: there is text, and nothing is thrown", async (_, value) => {
    expect(typeof (await forms(value))["text/plain"]).toBe("string");
  });

  function revoked(): object {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }

  test("whatever it is, there is text and all forms are JSON", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.anything({ withBigInt: true, withMap: true, withTypedArray: true, withNullPrototype: true }),
        async (value) => {
          const data = await forms(value);
          expect(typeof data["text/plain"]).toBe("string");
          expect(JSON.parse(JSON.stringify(data))).toEqual(data);
        },
      ),
    );
  });

  test("what is huge is cut, with a note of how much", async () => {
    const shown = await text({ [jupyterDisplay]: () => ({ "text/plain": "x".repeat(100_001) }) });
    expect(shown.slice(-25)).toBe("xxx\n... 1 more characters");
    expect((await text("y".repeat(1e6))).length).toBeLessThan(11_000);
    const nested = Array.from({ length: 1e5 }, () => ({ a: { b: { c: Array(1000).fill("z".repeat(1000)) } } }));
    expect((await text(nested)).length).toBeLessThan(101_000);
    const page = await forms({ [jupyterDisplay]: () => ({ "text/html": "x".repeat(20_000_001) }) });
    expect(page).toEqual({ "text/plain": expect.stringMatching(/\[text\/html left out: 20,000,001 characters\]$/) });
  });
});

describe("tensors", () => {
  test("of two dimensions are a table, with shape, type and range", async () => {
    const data = await forms(
      tf.tensor2d([
        [1, 2.5],
        [-3, 4],
      ]),
    );
    expect(data["text/plain"]).toBe(
      "Tensor float32 [2, 2]  min -3  max 4  mean 1.125\n[[ 1.0000,  2.5000],\n [-3.0000,  4.0000]]",
    );
    expect(String(data["text/html"]).match(/<t[hd][ >]/g)).toHaveLength(9);
  });

  test("of many values show the ends of each dimension, as numpy does", async () => {
    expect(await text(tf.range(0, 3000).reshape([30, 100]))).toMatchInlineSnapshot(`
      "Tensor float32 [30, 100]  min 0  max 2999  mean 1500
      [[   0,    1,    2, ...,   97,   98,   99],
       [ 100,  101,  102, ...,  197,  198,  199],
       [ 200,  201,  202, ...,  297,  298,  299],
       ...,
       [2700, 2701, 2702, ..., 2797, 2798, 2799],
       [2800, 2801, 2802, ..., 2897, 2898, 2899],
       [2900, 2901, 2902, ..., 2997, 2998, 2999]]"
    `);
  });

  test.each([
    [() => tf.scalar(3), "Tensor float32 []\n3"],
    [() => tf.zeros([0, 3]), "Tensor float32 [0, 3]\n[]"],
    [() => tf.tensor(["a", "é"]), 'Tensor string [2]\n["a", "é"]'],
    [() => tf.tensor1d([true, false], "bool"), "Tensor bool [2]\n[ true, false]"],
    [() => tf.complex([1, 2], [3, -4]), "Tensor complex64 [2]\n[1.0000+3.0000i, 2.0000-4.0000i]"],
    [() => tf.tensor1d([1, Number.NaN]), "Tensor float32 [2]  min 1  max 1  mean 1  1 not finite\n[  1, NaN]"],
    [() => tf.tensor1d([1e-9, 1]), "Tensor float32 [2]  min 1e-9  max 1  mean 0.5\n[1.0000e-9, 1.0000e+0]"],
    [() => tf.variable(tf.zeros([1]), true, "w"), "Variable w float32 [1]\n[0]"],
  ])("of each type (%#)", async (make, shown) => {
    expect(await text(make())).toBe(shown);
  });

  test("that are disposed say so", async () => {
    const tensor = tf.zeros([2]);
    tensor.dispose();
    expect(await forms(tensor)).toEqual({ "text/plain": "Tensor float32 [2]  disposed: its values are gone" });
  });

  test("are read and leave nothing behind", async () => {
    const tensor = tf.ones([3, 3]);
    const before = tf.memory().numTensors;
    await toBundle(tensor);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("a model is a table of its layers", async () => {
  const layers = [
    tf.layers.dense({ name: "hidden", inputShape: [4], units: 3 }),
    tf.layers.dense({ name: "out", units: 2 }),
  ];
  const data = await forms(tf.sequential({ name: "net", layers }));
  expect(data["text/plain"]).toMatchInlineSnapshot(`
    "Sequential net: 2 layers, 23 weights
    layer   class  output     weights
    hidden  Dense  [null, 3]       15
    out     Dense  [null, 2]        8"
  `);
  expect(String(data["text/html"]).match(/<t[hd][ >]/g)).toHaveLength(12);
});

describe("data frames", () => {
  const { DataFrame, Series } = loadDanfo();
  test("show their first and last rows, escaped, and say how many there are", async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => ({ name: `<b>${i}`, share: i / 3 }));
    const data = await forms(new DataFrame(rows));
    const lines = String(data["text/plain"]).split("\n");
    expect(lines[1]).toBe("0    <b>0            0");
    expect(lines.at(-2)).toBe("999  <b>999        333");
    expect(lines.at(-1)).toBe("1,000 rows × 2 columns");
    expect(data["text/html"]).toContain("&lt;b&gt;999");
    expect(data["text/html"]).not.toContain("<b>");
  });

  test("of many columns fit a hundred characters in text", async () => {
    const row = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`column ${i}`, i]));
    const lines = (await text(new DataFrame([row, row]))).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines.at(-1)).toBe("2 rows × 60 columns");
  });

  test("of one column are series", async () => {
    expect(await text(new Series([1, null]))).toBe("      0\n0     1\n1  null\n2 rows");
  });
});

test("an array of flat objects is a table of text, others are as Node prints them", async () => {
  expect(await text([{ a: 1, b: "x" }, { a: 22 }])).toBe("    a  b\n0   1  'x'\n1  22");
  expect(await text([{ a: [1] }, { a: [2] }])).toBe("[ { a: [ 1 ] }, { a: [ 2 ] } ]");
});

test("bytes of a picture are a picture", async () => {
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1]);
  expect(await forms(png)).toEqual({ "image/png": "iVBORw0KGgoB", "text/plain": "[PNG picture, 9 bytes]" });
});

test("an element of a DOM is its markup, with the namespace that a file needs", async () => {
  const svg = { nodeType: 1, outerHTML: '<svg width="1"></svg>' };
  expect((await forms(svg))["image/svg+xml"]).toBe('<svg xmlns="http://www.w3.org/2000/svg" width="1"></svg>');
});
