import { expect, test } from "vitest";
import { diagnostic, renderDiagnostic } from "../../src/base/diagnostic.js";
import { visible } from "../../src/base/visible.js";

test("control, invisible and direction characters lose their power and keep their places", () => {
  const hostile = "a\u001b[2J\u0007\tb\u202ec\u200bd\u009be\u007f";
  expect(visible(hostile)).toBe("a␛[2J␇ b�c�d�e␡");
  expect(visible(hostile)).toHaveLength(hostile.length);
});

test("letters of any script, accents and emoji stay", () => {
  expect(visible("größe 数字 مرحبا 😀")).toBe("größe 数字 مرحبا 😀");
});

test("a diagnostic never sends the user's control characters to the terminal", () => {
  const text = 'model m = tfjs("\u001b]0;title\u0007\u001b[2J.json")\r\n';
  const span = { source: "\u001b[1m.nib", start: 15, end: text.length - 3 };
  const d = diagnostic("model-not-found", { path: "\u001b]0;title\u0007\u001b[2J.json" }, { span });
  expect(renderDiagnostic(d, new Map([[span.source, { path: span.source, text }]]))).toMatchInlineSnapshot(`
    "error[model-not-found] ␛[1m.nib:1:16: there is no model at "␛]0;title␇␛[2J.json"
       1 | model m = tfjs("␛]0;title␇␛[2J.json")
         |                ^^^^^^^^^^^^^^^^^^^^^
         = hint: a TF.js model is a folder with model.json and its weight files; the path names that model.json"
  `);
});

test("carets stand under wide characters", () => {
  const text = 'param a = "数字😀" ; b';
  const span = { source: "a.nib", start: 17, end: 18 };
  const d = diagnostic("nothing-to-run", {}, { span });
  const [, line, caret] = renderDiagnostic(d, new Map([["a.nib", { path: "a.nib", text }]])).split("\n");
  // Two characters before the mark take two columns but one code unit each.
  expect(caret?.indexOf("^")).toBe((line?.indexOf(";") ?? 0) + 2);
});

test("a message never grows past a screen", () => {
  const d = diagnostic("source-unreadable", { path: "x".repeat(100_000), reason: "there is no such file" });
  expect(renderDiagnostic(d, new Map()).length).toBeLessThan(2500);
});
