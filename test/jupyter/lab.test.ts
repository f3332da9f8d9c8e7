import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { haveChromium, haveJupyter } from "./installed.js";
import { type Lab, startLab } from "./lab.js";
import { newProject, placeFixture } from "./notebook.js";

describe.skipIf(!haveJupyter || !haveChromium)("JupyterLab", () => {
  const project = newProject();
  let lab: Lab;

  beforeAll(async () => {
    for (const name of ["sweep.ipynb", "loop.ipynb"]) placeFixture(name, project.folder);
    lab = await startLab(project);
  });

  afterAll(() => lab?.close());

  test("Run All: both languages run, the table and the picture are there to see", async () => {
    const notebook = await lab.open("sweep.ipynb");
    await notebook.menu("Run", "Run All Cells");
    await notebook.cell(4).locator(".jp-OutputArea-output", { hasText: "updated" }).waitFor();
    await notebook.idle();
    const sweep = notebook.cell(2);
    await sweep.locator("table").first().scrollIntoViewIfNeeded();
    expect(await sweep.locator("table").last().textContent()).toContain("weight_only");
    const picture = sweep.locator(".jp-RenderedSVG img, .jp-RenderedSVG svg").first();
    const box = await picture.boundingBox();
    expect(box?.width).toBeGreaterThan(300);
    expect(box?.height).toBeGreaterThan(150);
    // Lab cuts off what is wider than its place.
    const place = await sweep.locator(".jp-RenderedSVG").first().boundingBox();
    expect(box?.width).toBeLessThanOrEqual(place?.width ?? 0);
    expect(await notebook.cell(4).locator(".jp-OutputArea-output").first().textContent()).toBe("2 of 2");
    await lab.screenshot("lab-run-all");
  });

  test("Stop ends a loop, variables live on; Tab offers names, Shift+Tab shows a signature; a restart forgets", async () => {
    const notebook = await lab.open("loop.ipynb");
    await notebook.run(0);
    await notebook.prompt(0, "[1]:");
    await notebook.run(1);
    await notebook.prompt(1, "[*]:");
    await notebook.toolbar("notebook:interrupt-kernel");
    await notebook.cell(1).locator(".jp-OutputArea-output", { hasText: "KeyboardInterrupt" }).waitFor();
    await notebook.run(2);
    await notebook.cell(2).locator(".jp-OutputArea-output", { hasText: "42" }).waitFor();
    await lab.screenshot("lab-stop");

    await notebook.edit(3);
    await lab.page.keyboard.press("Shift+Tab");
    const hover = lab.page.locator(".jp-Tooltip");
    await hover.waitFor();
    expect(await hover.textContent()).toContain("half(whole: number): number");
    expect(await hover.textContent()).toContain("Halves a number.");
    await lab.screenshot("lab-hover");
    await lab.page.keyboard.press("Escape");

    await notebook.edit(3);
    await lab.page.keyboard.type("(keep).to");
    await lab.page.keyboard.press("Tab");
    const choices = lab.page.locator(".jp-Completer");
    await choices.waitFor();
    expect(await choices.textContent()).toContain("toFixed");
    await lab.screenshot("lab-completion");
    await lab.page.keyboard.press("Escape");

    await notebook.menu("Kernel", "Restart Kernel…");
    await lab.page.locator(".jp-Dialog button.jp-mod-accept").click();
    await lab.page.locator(".jp-Dialog").waitFor({ state: "detached" });
    await notebook.idle();
    await notebook.run(4);
    await notebook.cell(4).locator(".jp-OutputArea-output", { hasText: "undefined" }).waitFor();
  });
});
