import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium as driver, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { renderHtml } from "../../src/report/html.js";
import { readPlotlySource } from "../../src/report/plotly.js";
import { chromium, haveChromium } from "../jupyter/installed.js";
import { fullReport } from "./fixtures/full.js";

const PATIENCE_MS = 120_000;
const FIGURES = 13;
const folder = mkdtempSync(join(tmpdir(), "nibble-page-"));
const address = pathToFileURL(join(folder, "report.html")).href;
let browser: Browser | undefined;

beforeAll(async () => {
  writeFileSync(join(folder, "report.html"), renderHtml(fullReport, { plotly: readPlotlySource() }));
  if (!haveChromium) return;
  browser = await driver.launch({ ...(chromium ? { executablePath: chromium } : {}), args: ["--no-sandbox"] });
}, PATIENCE_MS);

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Opened {
  readonly page: Page;
  /** Addresses that were asked for beside the file itself, and errors of its scripts. */
  readonly faults: readonly string[];
}

async function open(options: {
  readonly colorScheme: "light" | "dark";
  readonly javaScriptEnabled?: boolean;
  readonly width?: number;
}): Promise<Opened> {
  if (!browser) throw new Error("no browser");
  const context = await browser.newContext({
    ...options,
    offline: true,
    viewport: { width: options.width ?? 1100, height: 900 },
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    if (request.url() !== address && !/^(data|blob):/.test(request.url())) faults.push(request.url());
  });
  await page.goto(address);
  return { page, faults };
}

/** Brings every figure before the reader, as plotly draws those alone. */
async function readThrough(page: Page): Promise<void> {
  const plots = page.locator(".plot");
  for (let i = 0; i < FIGURES; i++) await plots.nth(i).scrollIntoViewIfNeeded();
  await page.waitForFunction(`document.querySelectorAll(".plot .live .main-svg").length >= ${FIGURES}`);
}

const styleOf = (page: Page, selector: string, name: string) =>
  page.evaluate<string>(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).${name}`);
const ground = (page: Page) => styleOf(page, "body", "backgroundColor");

const withBrowser = test.skipIf(!haveChromium);

withBrowser(
  "offline the page draws every figure, asks for nothing, and turns dark and back",
  async () => {
    const { page, faults } = await open({ colorScheme: "light" });
    await readThrough(page);
    expect(faults).toEqual([]);
    expect(await page.locator(".plot .static").first().isVisible()).toBe(false);
    expect(await ground(page)).toBe("rgb(255, 255, 255)");
    await page.locator("#theme").click();
    expect(await ground(page)).toBe("rgb(20, 23, 28)");
    expect(await styleOf(page, ".live .xtick text", "fill")).toBe("rgb(228, 231, 236)");
    await page.locator("#theme").click();
    expect(await ground(page)).toBe("rgb(255, 255, 255)");
    await page.emulateMedia({ media: "print" });
    expect(await page.locator(".plot .static").first().isVisible()).toBe(true);
    expect(await page.locator(".plot .live").first().isVisible()).toBe(false);
  },
  PATIENCE_MS,
);

withBrowser(
  "without scripts the pictures stand, dark for those who read so",
  async () => {
    const { page, faults } = await open({ colorScheme: "dark", javaScriptEnabled: false });
    expect(faults).toEqual([]);
    const pictures = page.locator(".plot .static svg");
    expect(await pictures.count()).toBe(FIGURES);
    expect(await pictures.first().isVisible()).toBe(true);
    expect(await page.locator("#theme").isVisible()).toBe(false);
    await page.screenshot({ path: join(folder, "dark.png") });
    expect(await pictures.first().locator("text").first().boundingBox()).not.toBeNull();
  },
  PATIENCE_MS,
);

withBrowser(
  "on a phone nothing reaches past the screen, axis titles neither",
  async () => {
    const { page } = await open({ colorScheme: "light", width: 400 });
    await readThrough(page);
    const widest = await page.evaluate<number>("document.documentElement.scrollWidth");
    const titles = await page.evaluate<readonly number[]>(
      `[...document.querySelectorAll(".live")].flatMap((plot) =>
        [...plot.querySelectorAll(".xtitle, .ytitle")].map((title) => {
          const [inner, outer] = [title.getBoundingClientRect(), plot.getBoundingClientRect()];
          return Math.max(outer.left - inner.left, inner.right - outer.right, 0);
        }))`,
    );
    expect(widest).toBeLessThanOrEqual(400);
    expect(titles.length).toBeGreaterThan(FIGURES);
    expect(titles.filter((over) => over > 1)).toEqual([]);
  },
  PATIENCE_MS,
);
