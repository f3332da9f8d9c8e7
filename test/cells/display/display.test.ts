import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { displayDeclaration, tslabDeclaration } from "../../../src/cells/display/declarations.js";
import { createDisplay } from "../../../src/cells/display/display.js";
import { createTslab } from "../../../src/cells/display/tslab.js";
import type { CellOutput } from "../../../src/cells/outputs.js";

tf.env().set("IS_TEST", true);

function connected() {
  const outputs: CellOutput[] = [];
  const { display, settled } = createDisplay((output) => void outputs.push(output));
  return { display, settled, outputs };
}

/** What was shown, in order: how, and in which form. */
const shown = (outputs: readonly CellOutput[]) =>
  outputs.map((output) => ("bundle" in output ? [output.kind, Object.keys(output.bundle.data)[0]] : [output.kind]));

describe("display", () => {
  test("shows a value as a cell shows its last", () => {
    const { display, outputs } = connected();
    display([1]);
    expect(outputs).toEqual([
      { kind: "display", bundle: { data: { "text/plain": "[ 1 ]" } }, displayId: expect.any(String) },
    ]);
  });

  test("has a method for each form, with words beside", () => {
    const { display, outputs } = connected();
    display.html("<b>1</b>");
    display.markdown("*1*");
    display.latex("$x$");
    display.svg("<svg/>");
    display.javascript("1");
    display.text("1");
    display.json({ a: [1] });
    display.png(new Uint8Array([1, 2, 3]));
    display.jpeg("AQID");
    display.gif(Buffer.from([1]));
    display.pdf(Buffer.from([1]));
    display.raw("application/x-mine+json", { b: 2 });
    display.bundle({ "text/html": "<i>", "text/plain": "i" });
    expect(outputs.map((output) => ("bundle" in output ? output.bundle.data : output))).toEqual([
      { "text/html": "<b>1</b>", "text/plain": "[text/html, 8 characters]" },
      { "text/markdown": "*1*", "text/plain": "*1*" },
      { "text/latex": "$x$", "text/plain": "$x$" },
      { "image/svg+xml": "<svg/>", "text/plain": "[image/svg+xml, 6 characters]" },
      { "application/javascript": "1", "text/plain": "[application/javascript, 1 characters]" },
      { "text/plain": "1" },
      { "application/json": { a: [1] }, "text/plain": '{"a":[1]}' },
      { "image/png": "AQID", "text/plain": "[image/png, 4 characters]" },
      { "image/jpeg": "AQID", "text/plain": "[image/jpeg, 4 characters]" },
      { "image/gif": "AQ==", "text/plain": "[image/gif, 4 characters]" },
      { "application/pdf": "AQ==", "text/plain": "[application/pdf, 4 characters]" },
      { "application/x-mine+json": { b: 2 }, "text/plain": '{"b":2}' },
      { "text/html": "<i>", "text/plain": "i" },
    ]);
  });

  test("replaces what a handle, or a name, stands for", () => {
    const { display, outputs } = connected();
    const handle = display(1);
    handle.update(2).markdown("3");
    display(4, { displayId: "loss" });
    display(5, { displayId: "loss", update: true });
    expect(outputs.map((output) => ("displayId" in output ? [output.kind, output.displayId] : []))).toEqual([
      ["display", handle.displayId],
      ["update-display", handle.displayId],
      ["update-display", handle.displayId],
      ["display", "loss"],
      ["update-display", "loss"],
    ]);
  });

  test("takes outputs away", () => {
    const { display, outputs } = connected();
    display.clear();
    display.clear({ wait: true });
    expect(outputs).toEqual([
      { kind: "clear", wait: false },
      { kind: "clear", wait: true },
    ]);
  });

  test("sends what takes time before the cell ends, the last one last", async () => {
    const { display, settled, outputs } = connected();
    const place = display.create();
    place.image(tf.ones([2, 2]));
    place.text("after the picture");
    display("at once");
    await settled();
    expect(shown(outputs)).toEqual([
      ["display", "text/plain"],
      ["display", "image/png"],
      ["update-display", "text/plain"],
    ]);
  });

  test("says what is wrong with a MIME type or forms", () => {
    const { display } = connected();
    expect(() => display.raw("html", "<b>")).toThrow('display: "html" is no MIME type');
    expect(() => display.bundle({ html: "<b>" })).toThrow("display.bundle: expected forms by MIME type");
  });
});

describe("a tensor as a picture", () => {
  const pixels = async (tensor: unknown, options?: { readonly scale?: number }) => {
    const { display, settled, outputs } = connected();
    display.image(tensor, options);
    await settled();
    const [output] = outputs;
    const data = output && "bundle" in output ? output.bundle.data : {};
    if (typeof data["image/png"] !== "string") return data["text/plain"];
    const png = sharp(Buffer.from(data["image/png"], "base64"));
    // Read as grey where the file is grey: sharp would make three channels of it.
    const grey = (await png.metadata()).channels === 1;
    const { data: bytes, info } = await png
      .toColourspace(grey ? "b-w" : "srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { size: [info.width, info.height, info.channels], bytes: [...bytes] };
  };

  test("has its values as colours: of 0 to 1, and of 0 to 255", async () => {
    const shares = tf.tensor2d([
      [0, 1],
      [0.2, Number.NaN],
    ]);
    expect(await pixels(shares, { scale: 1 })).toEqual({ size: [2, 2, 1], bytes: [0, 255, 51, 0] });
    const colours = tf.tensor3d(
      [
        [
          [0, 128, 300],
          [1, 2, 3],
        ],
      ],
      undefined,
      "int32",
    );
    expect(await pixels(colours, { scale: 1 })).toEqual({ size: [2, 1, 3], bytes: [0, 128, 255, 1, 2, 3] });
    const opaque = tf.tensor3d([[[255, 0, 0, 128]]]);
    expect(await pixels(opaque, { scale: 1 })).toEqual({ size: [1, 1, 4], bytes: [255, 0, 0, 128] });
  });

  test("is enlarged without a blur when small", async () => {
    expect(await pixels(tf.tensor2d([[0, 1]]), { scale: 2 })).toEqual({
      size: [4, 2, 1],
      bytes: [0, 0, 255, 255, 0, 0, 255, 255],
    });
    expect(await pixels(tf.zeros([8, 8]))).toMatchObject({ size: [160, 160, 1] });
  });

  test.each([
    [() => tf.zeros([3]), "Tensor float32 [3]", "a picture has the shape"],
    [() => tf.zeros([2, 2, 2]), "Tensor float32 [2, 2, 2]", "a picture has the shape"],
    [() => tf.zeros([0, 2]), "Tensor float32 [0, 2]", "it has no pixels"],
    [() => tf.tensor2d([["a"]]), "Tensor string [1, 1]", "values of type string are no colours"],
    [() => "cat.png", "'cat.png'", "it is no tensor"],
  ])("is shown as it is, with the reason, when it is none (%#)", async (make, start, reason) => {
    const text = await pixels(make());
    expect(text).toMatch(/\n\[no picture: .*\]$/);
    expect(String(text).startsWith(start)).toBe(true);
    expect(text).toContain(reason);
  });
});

test("tslab's module shows through the same display", () => {
  const { display, outputs } = connected();
  const tslab = createTslab(display, "5.9.3");
  const place = tslab.newDisplay();
  place.html("a");
  place.html("b");
  expect(outputs.map(({ kind }) => kind)).toEqual(["display", "update-display"]);
  expect(tslab.versions).toMatchObject({ typescript: "5.9.3", node: process.version });
});

test("the declarations that the compiler gets are those of the code", () => {
  const file = new URL("cell.ts", import.meta.url).pathname;
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ["node"],
  };
  const host = ts.createCompilerHost(options);
  const ambient = file.replace("cell.ts", "ambient.d.ts");
  const cell = `import * as tslab from "tslab";
import type { Display, DisplayHandle } from "../../../src/cells/display/display.js";
export const ours: Display = display;
export const theirs: typeof display = ours;
export const handle: DisplayHandle = tslab.newDisplay();
export const place: ReturnType<typeof tslab.newDisplay> = handle;
`;
  const texts = new Map([
    [ambient, displayDeclaration + tslabDeclaration],
    [file, cell],
  ]);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (path) => texts.get(path) ?? readFile.call(host, path);
  host.fileExists = (path) => texts.has(path) || fileExists.call(host, path);
  host.getSourceFile = (path, version, ...rest) => {
    const source = texts.get(path);
    return source === undefined
      ? getSourceFile.call(host, path, version, ...rest)
      : ts.createSourceFile(path, source, version);
  };
  const program = ts.createProgram([ambient, file], options, host);
  const messages = [ambient, file].flatMap((path) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
  );
  expect(messages).toEqual([]);
});
