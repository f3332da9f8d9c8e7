import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { type Browser, chromium as driver, type Page } from "playwright-core";
import { ownPackage } from "../../src/base/package.js";
import { chromium } from "../jupyter/installed.js";

const modules = join(ownPackage().folder, "node_modules");
const SITE = "http://export.test";
const kinds: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".json": "application/json",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** Where a page finds the libraries by the names that programs import. */
const importMap = {
  imports: {
    "onnxruntime-web": "/modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
    "@tensorflow/tfjs": "/modules/@tensorflow/tfjs/dist/tf.fesm.min.js",
  },
};

export async function startBrowser(): Promise<Browser> {
  return driver.launch({ ...(chromium ? { executablePath: chromium } : {}), args: ["--no-sandbox"] });
}

/** A page beside the files of an export, as a site that serves them would be; nothing else can be reached. */
export async function openSite(browser: Browser, folder: string): Promise<{ page: Page; printed: string[] }> {
  const page = await browser.newPage();
  const printed: string[] = [];
  page.on("console", (message) => void (message.type() === "log" && printed.push(message.text())));
  page.on("pageerror", (error) => printed.push(`error: ${error.message}`));
  await page.route("**/*", async (route) => {
    const { pathname } = new URL(route.request().url());
    const isModule = pathname.startsWith("/modules/");
    const path = isModule ? join(modules, pathname.slice("/modules/".length)) : join(folder, pathname);
    if (pathname === "/") {
      const body = `<!doctype html><script type="importmap">${JSON.stringify(importMap)}</script><body></body>`;
      return route.fulfill({ contentType: "text/html", body });
    }
    if (!existsSync(path)) return route.fulfill({ status: 404, body: "" });
    return route.fulfill({
      contentType: kinds[extname(path)] ?? "application/octet-stream",
      body: readFileSync(path),
    });
  });
  await page.goto(`${SITE}/`);
  return { page, printed };
}

/** Runs a module of the page and waits until it has printed a line. */
export async function runModule(page: Page, printed: readonly string[], code: string): Promise<string> {
  const before = printed.length;
  await page.addScriptTag({ type: "module", content: code });
  for (let tries = 0; printed.length === before && tries < 600; tries++) await page.waitForTimeout(100);
  return printed[before] ?? "nothing was printed";
}
