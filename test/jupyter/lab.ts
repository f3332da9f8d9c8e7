import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Browser, chromium as driver, type Locator, type Page } from "playwright-core";
import { ownPackage } from "../../src/base/package.js";
import { chromium, jupyterPython } from "./installed.js";
import type { Project } from "./notebook.js";

/** JupyterLab on a folder, and a browser before it. */
export interface Lab {
  readonly page: Page;
  /** Opens a notebook of the folder and waits until its kernel is idle. */
  open(notebook: string): Promise<LabNotebook>;
  /** Saves what the browser shows as `.nibble/screenshots/NAME.png`. */
  screenshot(name: string): Promise<void>;
  close(): Promise<void>;
}

/** An open notebook, used as a person does: by its menus, its toolbar and the keyboard. */
export interface LabNotebook {
  /** From 0. */
  cell(index: number): Locator;
  /** Clicks into a cell's text, the cursor at its end. */
  edit(index: number): Promise<void>;
  /** Shift and Enter in a cell; does not wait for its end. */
  run(index: number): Promise<void>;
  /** Waits until the notebook has its kernel; before that, running a cell asks for one. */
  connected(): Promise<void>;
  /** Waits until the kernel has nothing to do. */
  idle(): Promise<void>;
  /** Waits until a cell has this before it: `[3]:` when it ran as the third, `[*]:` while it runs or waits. */
  prompt(index: number, text: string): Promise<void>;
  menu(menu: string, item: string): Promise<void>;
  toolbar(command: string): Promise<void>;
}

/** Time for whatever the browser waits for, on a machine that does much else. */
const PATIENCE_MS = 120_000;

/** Starts JupyterLab on loopback without a token, as only a test may, and a browser without a window. */
export async function startLab({ folder, env }: Project, notebook7 = false): Promise<Lab> {
  const port = await freePort();
  quietSettings(env.JUPYTER_CONFIG_DIR ?? folder);
  const server = spawn(
    jupyterPython,
    [
      ...["-m", notebook7 ? "notebook" : "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"],
      ...[`--ServerApp.port=${port}`, "--ServerApp.port_retries=0", `--ServerApp.root_dir=${folder}`],
      ...["--IdentityProvider.token=", "--ServerApp.password=", "--ServerApp.terminals_enabled=False"],
      ...["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly"],
    ],
    { cwd: folder, env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "pipe"] },
  );
  const address = `http://127.0.0.1:${port}`;
  let browser: Browser | undefined;
  const close = async () => {
    await browser?.close();
    await stopServer(server);
  };
  try {
    await answers(`${address}/api/status`, server);
    browser = await driver.launch({ ...(chromium ? { executablePath: chromium } : {}), args: ["--no-sandbox"] });
    const page = await browser.newPage({ viewport: { width: 1200, height: 1400 } });
    page.setDefaultTimeout(PATIENCE_MS);
    return {
      page,
      async open(notebook) {
        await page.goto(notebook7 ? `${address}/notebooks/${notebook}` : `${address}/lab/tree/${notebook}?reset`);
        const opened = openNotebook(page);
        await opened.connected();
        return opened;
      },
      async screenshot(name) {
        const shots = join(ownPackage().folder, ".nibble", "screenshots");
        mkdirSync(shots, { recursive: true });
        await page.screenshot({ path: join(shots, `${name}.png`) });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function openNotebook(page: Page): LabNotebook {
  // The file browser or a launcher may lie beside the notebook; a page shows one notebook.
  const panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)");
  const cell = (index: number) => panel.locator(".jp-Notebook-cell").nth(index);
  const status = (wanted: string) =>
    panel.locator(`.jp-Notebook-ExecutionIndicator[data-status="${wanted}"]`).waitFor({ state: "attached" });
  const edit = async (index: number) => {
    await cell(index).locator(".cm-content").click();
    await page.keyboard.press("Control+End");
  };
  return {
    cell,
    edit,
    async connected() {
      await panel.locator(".jp-Toolbar-kernelName", { hasNotText: "No Kernel" }).waitFor();
      await status("idle");
    },
    async run(index) {
      await edit(index);
      await page.keyboard.press("Shift+Enter");
    },
    idle: () => status("idle"),
    prompt: (index, text) => cell(index).locator(".jp-InputPrompt", { hasText: text }).waitFor(),
    async menu(menu, item) {
      await page.locator(".lm-MenuBar-itemLabel", { hasText: new RegExp(`^${menu}$`) }).click();
      await page.locator(".lm-Menu-itemLabel", { hasText: new RegExp(`^${item}$`) }).click();
    },
    async toolbar(command) {
      await panel.locator(`.jp-Toolbar [data-command="${command}"]`).first().click();
    },
  };
}

/** No news, no tour: nothing that covers what a test looks at. */
function quietSettings(configFolder: string): void {
  const folder = join(configFolder, "lab", "user-settings", "@jupyterlab", "apputils-extension");
  mkdirSync(folder, { recursive: true });
  const settings = { fetchNews: "false", checkForUpdates: false };
  writeFileSync(join(folder, "notification.jupyterlab-settings"), JSON.stringify(settings));
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  let said = "";
  server.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    said = (said + chunk).slice(-4000);
  });
  for (const begun = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    if (server.exitCode !== null) throw new Error(`Jupyter's server ended with ${server.exitCode}: ${said}`);
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    if (Date.now() - begun > PATIENCE_MS) throw new Error(`Jupyter's server does not answer: ${said}`);
  }
}

/** Asks the server to end, which ends its kernels, too. */
async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const ended = new Promise((resolve) => server.on("exit", resolve));
  server.kill("SIGTERM");
  const timer = setTimeout(() => server.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(timer);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { readonly port: number };
      server.close(() => resolve(port));
    });
  });
}
