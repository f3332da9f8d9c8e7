import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { haveJupyter, jupyterPython } from "./installed.js";
import { type Exchange, type KernelClient, type KernelSpec, startKernel, within } from "./kernel-client.js";
import { installNibbleKernels } from "./kernelspecs.js";
import { newProject } from "./notebook.js";

/** The same requests in the words of both kernels' languages. */
interface Case {
  readonly name: string;
  readonly python: Request;
  readonly typescript: Request;
  /** What Nibble does otherwise, on purpose: ipykernel's line to ours, and why. */
  readonly differs?: {
    readonly ipykernel: readonly string[];
    readonly nibble: readonly string[];
    readonly why: string;
  };
}

interface Request {
  readonly type?: string;
  readonly channel?: "shell" | "control";
  readonly content: object;
}

const run = (code: string, options: object = {}): Request => ({
  content: {
    code,
    silent: false,
    store_history: true,
    user_expressions: {},
    allow_stdin: false,
    stop_on_error: true,
    ...options,
  },
});
const ask = (type: string, content: object = {}, channel: "shell" | "control" = "shell"): Request => ({
  type,
  content,
  channel,
});
const same = (request: Request) => ({ python: request, typescript: request });

const cases: readonly Case[] = [
  { name: "a value", ...same(run("1 + 1")) },
  { name: "nothing to show", python: run("a = 1"), typescript: run("const a = 1;") },
  { name: "an empty cell", ...same(run("")) },
  { name: "blanks alone", ...same(run("  \n ")) },
  { name: "silent", ...same(run("1 + 1", { silent: true })) },
  {
    name: "silent, with an error",
    python: run("1 / 0", { silent: true }),
    typescript: run("throw 1", { silent: true }),
    differs: {
      ipykernel: [
        "iopub status busy",
        "iopub error",
        "iopub status idle",
        "shell execute_reply error {ename evalue execution_count status traceback}",
      ],
      nibble: [
        "iopub status busy",
        "iopub status idle",
        "shell execute_reply error {ename evalue execution_count status traceback}",
      ],
      why: "the protocol: a silent request broadcasts no output; the reply has the error",
    },
  },
  { name: "without history", ...same(run("2 + 2", { store_history: false })) },
  { name: "print", python: run("print('a')"), typescript: run("console.log('a')") },
  {
    name: "both streams and a value",
    python: run("import sys\nprint('a'); print('b', file=sys.stderr)\n3"),
    typescript: run("console.log('a'); console.error('b');\n3"),
  },
  { name: "an error", python: run("1 / 0"), typescript: run("throw new RangeError('0')") },
  { name: "a syntax error", ...same(run("1 +")) },
  {
    name: "output, then an error",
    python: run("print('a')\n1 / 0"),
    typescript: run("console.log('a');\nthrow new Error('b')"),
  },
  {
    name: "a display and its update",
    python: run("h = display('a', display_id='x')\nh.update('b')"),
    typescript: run("const h = display.text('a');\nh.update('b');"),
  },
  {
    name: "user expressions, one of them wrong",
    ...same(run("1", { user_expressions: { right: "1 + 1", wrong: "notThere" } })),
  },
  { name: "input where nobody can answer", python: run("input('x')"), typescript: run("await input('x')") },
  { name: "completion", ...same(ask("complete_request", { code: "zzzz", cursor_pos: 4 })) },
  { name: "inspection of nothing", ...same(ask("inspect_request", { code: "zzzz", cursor_pos: 4, detail_level: 0 })) },
  { name: "a complete text", ...same(ask("is_complete_request", { code: "1 + 1" })) },
  {
    name: "an incomplete text",
    python: ask("is_complete_request", { code: "if True:" }),
    typescript: ask("is_complete_request", { code: "if (true) {" }),
  },
  { name: "history", ...same(ask("history_request", { hist_access_type: "tail", n: 2, raw: true, output: false })) },
  { name: "kernel info", ...same(ask("kernel_info_request")) },
  { name: "kernel info on control", ...same(ask("kernel_info_request", {}, "control")) },
  { name: "comm info", ...same(ask("comm_info_request")) },
  { name: "interrupt of an idle kernel", ...same(ask("interrupt_request", {}, "control")) },
];

/** What IPython adds to the reply of a failing cell; the protocol has it for cells that end well. */
const ADDED_TO_ERRORS = ["engine_info", "payload", "user_expressions"];
/** What the protocol allows and ipykernel leaves out: `debugger` of kernel_info, and why a cell was aborted. */
const ADDED_BY_US: Readonly<Record<string, readonly string[]>> = {
  kernel_info_reply: ["debugger"],
  aborted: ["ename", "evalue", "traceback"],
};

/** Messages as `channel type what`, each channel in its order: between channels there is none. */
function lines({ messages }: Exchange): readonly string[] {
  const line = ({ channel, type, content }: Exchange["messages"][number]) => {
    const what = type === "status" ? content.execution_state : type === "stream" ? content.name : content.status;
    const optional = [
      ...(content.status === "error" ? ADDED_TO_ERRORS : []),
      ...(ADDED_BY_US[type] ?? []),
      ...(ADDED_BY_US[content.status ?? ""] ?? []),
    ];
    const names = Object.keys(content).filter((name) => !optional.includes(name));
    const fields = channel === "iopub" ? "" : ` {${names.sort().join(" ")}}`;
    return `${channel} ${type}${what ? ` ${what}` : ""}${fields}`;
  };
  const on = (iopub: boolean) => messages.filter(({ channel }) => (channel === "iopub") === iopub).map(line);
  return [...on(true), ...on(false)];
}

async function answers(kernel: KernelClient, { type = "execute_request", content, channel }: Request) {
  const exchange = kernel.request(type, content, channel);
  if ((await within(120_000, exchange.done)) === undefined) return [...lines(exchange), "and then nothing"];
  return lines(exchange);
}

describe.skipIf(!haveJupyter)("ipykernel and Nibble answer the same requests with the same messages", () => {
  let ipykernel: KernelClient;
  let nibble: KernelClient;

  beforeAll(async () => {
    const { folder, env } = newProject();
    const python: KernelSpec = {
      argv: [jupyterPython, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
      env,
      interruptMode: "signal",
    };
    const own = installNibbleKernels().specs["nibble-ts"];
    ipykernel = await startKernel(python, folder);
    nibble = await startKernel({ ...own, env: { ...own.env, ...env } }, folder);
  });

  afterAll(() => Promise.all([ipykernel?.close(), nibble?.close()]));

  test.each(cases)("$name", async ({ python, typescript, differs }) => {
    const reference = await answers(ipykernel, python);
    const ours = await answers(nibble, typescript);
    if (differs) expect({ ipykernel: reference, nibble: ours, why: differs.why }).toEqual(differs);
    else expect(ours).toEqual(reference);
  });

  test("requests that wait behind a failing cell", async () => {
    const outcome = async (kernel: KernelClient, fails: string) => {
      const all = [kernel.execute(fails), kernel.execute("1 + 1"), kernel.execute("2 + 2", { stop_on_error: false })];
      await Promise.all(all.map(({ done }) => within(120_000, done)));
      return all.map(lines);
    };
    // Half a second: the others wait behind it by then, however crowded the machine is.
    const late = "await new Promise((done) => setTimeout(done, 500));\nthrow new Error('a')";
    expect(await outcome(nibble, late)).toEqual(await outcome(ipykernel, "import time\ntime.sleep(0.5)\n1 / 0"));
  });
});
