import type { FormEntry } from "./manifest.js";
import { type Facts, javascriptOptions, pythonSession, type Snippet, text } from "./snippet.js";

/** New tokens that a printed program makes. */
const NEW_TOKENS = 8;

/** Any prompt will do: every vocabulary has these two. */
const PROMPT = [0, 1];

/** Programs that continue a prompt with the form that has a cache, greedily; one a library. Each prints all tokens. */
export function generationSnippets(form: FormEntry, facts: Facts): readonly Snippet[] {
  return [
    { title: "Python, onnxruntime: token by token", language: "python", code: python(form, facts) },
    {
      title: "Node.js, onnxruntime-node: token by token",
      language: "js",
      code: javascript(form, facts, "onnxruntime-node"),
    },
    {
      title: "Browser, onnxruntime-web: token by token",
      language: "js",
      code: javascript(form, facts, "onnxruntime-web"),
    },
  ];
}

function promptComment(mark: string, { data }: Facts): string {
  return data.tokenizer === undefined
    ? `${mark} Token numbers of a prompt. Those of a text: 256, which begins a document, then its bytes.`
    : `${mark} Token numbers of a prompt. ${data.tokenizer} has those of a text.`;
}

function python(form: FormEntry, facts: Facts): string {
  return [
    ...pythonSession(form, facts),
    promptComment("#", facts),
    `tokens = ${JSON.stringify(PROMPT).replaceAll(",", ", ")}`,
    "caches = session.get_inputs()[1:]",
    "past = {c.name: np.zeros([d if isinstance(d, int) else 0 for d in c.shape], np.float32) for c in caches}",
    "new = tokens",
    `for _ in range(${NEW_TOKENS}):`,
    '    logits, *present = session.run(None, {"input_ids": np.array([new], np.int64), **past})',
    "    past = dict(zip(past, present))",
    "    new = [int(logits[0, -1].argmax())]",
    "    tokens = tokens + new",
    "print(tokens)",
  ].join("\n");
}

function javascript(form: FormEntry, facts: Facts, library: "onnxruntime-node" | "onnxruntime-web"): string {
  const cache = (form.inputs?.[1]?.shape ?? []).map((size) => (typeof size === "number" ? size : 0));
  return [
    `import { InferenceSession, Tensor } from ${text(library)};`,
    "",
    `const session = await InferenceSession.create(${text(form.files[0] ?? "")}${javascriptOptions(facts)});`,
    promptComment("//", facts),
    `let tokens = ${JSON.stringify(PROMPT).replaceAll(",", ", ")};`,
    `const empty = () => new Tensor("float32", new Float32Array(0), ${JSON.stringify(cache).replaceAll(",", ", ")});`,
    "const past = Object.fromEntries(session.inputNames.slice(1).map((name) => [name, empty()]));",
    "let next = tokens;",
    `for (let step = 0; step < ${NEW_TOKENS}; step++) {`,
    '  const ids = new Tensor("int64", BigInt64Array.from(next, BigInt), [1, next.length]);',
    "  const outputs = await session.run({ input_ids: ids, ...past });",
    '  for (const name of Object.keys(past)) past[name] = outputs[name.replace("past_key_values", "present")];',
    "  const last = outputs.logits.data.slice(-outputs.logits.dims[2]);",
    "  next = [last.reduce((best, value, i) => (value > last[best] ? i : best), 0)];",
    "  tokens = [...tokens, ...next];",
    "}",
    "console.log(JSON.stringify(tokens));",
  ].join("\n");
}
