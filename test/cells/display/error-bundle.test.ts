import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { type Diagnostic, diagnostic, renderDiagnostic } from "../../../src/base/diagnostic.js";
import type { SourceFile } from "../../../src/base/span.js";
import { diagnosticsBundle, diagnosticsTraceback } from "../../../src/cells/display/error-bundle.js";
import { toBundle } from "../../../src/cells/display/to-bundle.js";
import { ProgramError } from "../../../src/session/program-error.js";

const text = "  try <b>statc</b> ^^\nnext";
const sources = new Map<string, SourceFile>([["<cell 3>", { path: "<cell 3>", text }]]);
const wrong: Diagnostic = diagnostic(
  "unknown-name",
  { kind: "scheme", name: "<b>statc</b>", known: ["static"], nearest: "static" },
  { span: { source: "<cell 3>", start: 6, end: 18 } },
);

describe("diagnostics in a notebook", () => {
  test("have severity, code, place, line, caret and hint, all escaped", () => {
    const { data } = diagnosticsBundle([wrong], sources);
    expect(data["text/plain"]).toBe(renderDiagnostic(wrong, sources));
    expect(data["text/html"]).toMatchInlineSnapshot(`
      "<div>
      <div style="border-left:3px solid #d1431a;padding:.1em 0 .1em .75em;margin:.4em 0 .8em">
      <div><strong style="color:#d1431a">error</strong> <code>unknown-name</code> <span style="opacity:.7">&lt;cell 3&gt;:1:7</span></div>
      <div>no scheme is called &quot;&lt;b&gt;statc&lt;/b&gt;&quot;</div>
      <pre style="margin:.25em 0;overflow-x:auto;font-family:monospace;background:none;color:inherit">   1 |   try &lt;b&gt;statc&lt;/b&gt; ^^
           |       <strong style="color:#d1431a">^^^^^^^^^^^^</strong></pre>
      <div><em>Hint:</em> did you mean &quot;static&quot;?</div>
      </div>
      </div>"
    `);
  });

  test("without a place, or without its text, have no line", () => {
    const { data } = diagnosticsBundle([wrong], new Map());
    expect(data["text/html"]).not.toContain("<pre");
    expect(data["text/html"]).toContain("&lt;cell 3&gt;");
  });

  test("are coloured in a traceback, and the same text without colours", () => {
    const [line = ""] = diagnosticsTraceback([wrong], sources);
    expect(line).toContain("\u001b[31m");
    expect(stripVTControlCharacters(line)).toBe(renderDiagnostic(wrong, sources));
  });

  test("that are very many are counted", () => {
    const many = Array.from({ length: 60 }, () => wrong);
    expect(String(diagnosticsBundle(many, sources).data["text/plain"]).endsWith("\n\n... 10 more")).toBe(true);
    expect(diagnosticsTraceback(many, sources).at(-1)).toBe("... 10 more");
  });
});

test("an error of the library as a value shows its diagnostics", async () => {
  const { data } = await toBundle(new ProgramError([wrong], sources));
  expect(data["text/html"]).toMatch(/<code>unknown-name<\/code>.*<pre/s);
});
