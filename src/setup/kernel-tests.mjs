import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { reasonIn, run } from "./command.mjs";
import { pipInstall, venvPip } from "./python.mjs";

/** The release of pip's package that tests are written against. */
const PIP_VERSION = "0.7.0";

/**
 * The folder for PYTHONPATH that holds Jupyter's own conformance tests of kernels (`jupyter_kernel_test`), whether it is
 * there or not. Two releases differ in what they test, so neither is installed over the other.
 * @param {string} projectFolder
 * @param {"pip" | "debian"} source
 */
export function kernelTestFolder(projectFolder, source) {
  return join(projectFolder, "jupyter-kernel-test", source);
}

/**
 * @param {string} projectFolder
 * @param {"pip" | "debian"} source
 */
export function kernelTestIsReady(projectFolder, source) {
  const folder = kernelTestFolder(projectFolder, source);
  return (
    existsSync(join(folder, "jupyter_kernel_test", "__init__.py")) &&
    (source === "debian" || existsSync(join(folder, `jupyter_kernel_test-${PIP_VERSION}.dist-info`)))
  );
}

/**
 * Fetches `jupyter_kernel_test` from pip, and from Debian where this is one; unpacked, not installed. Never throws.
 * @param {{
 *   projectFolder: string,
 *   memory: (name: string) => import("./memory.mjs").Memory,
 *   say: (line: string) => void,
 * }} context
 */
export async function prepareKernelTests({ projectFolder, memory, say }) {
  for (const source of /** @type {const} */ (["debian", "pip"])) {
    if (kernelTestIsReady(projectFolder, source)) continue;
    const failed = memory(`kernel-test-${source}`);
    const known = failed.recall();
    const reason = known ?? (await fetchInto(projectFolder, source));
    if (reason === undefined) failed.forget();
    else if (known === undefined) failed.remember(reason);
    if (reason !== undefined) {
      say(`Python: no jupyter_kernel_test from ${source} (${reason}); its tests of the kernel are skipped`);
    }
  }
}

/**
 * @param {string} projectFolder
 * @param {"pip" | "debian"} source
 * @returns {Promise<string | undefined>} why it could not be had
 */
async function fetchInto(projectFolder, source) {
  const parent = join(projectFolder, "jupyter-kernel-test");
  mkdirSync(parent, { recursive: true });
  const scratch = mkdtempSync(join(parent, "new-"));
  try {
    const found = source === "pip" ? await fromPip(projectFolder, scratch) : await fromDebian(scratch);
    const folder = kernelTestFolder(projectFolder, source);
    rmSync(folder, { recursive: true, force: true });
    renameSync(found, folder);
    return undefined;
  } catch (error) {
    return /** @type {Error} */ (error).message;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {string} projectFolder
 * @param {string} scratch
 */
async function fromPip(projectFolder, scratch) {
  const pip = await venvPip(projectFolder);
  if (pip === undefined) throw new Error("there is no pip");
  const [program, ...before] = pip;
  const folder = join(scratch, "pip");
  const wanted = ["--no-deps", "--target", folder, `jupyter-kernel-test==${PIP_VERSION}`];
  const { ok, output } = await run(program, [...before, ...pipInstall, ...wanted], { seconds: 300 });
  if (!ok) throw new Error(reasonIn(output));
  return folder;
}

/** @param {string} scratch */
async function fromDebian(scratch) {
  const name = "python3-jupyter-kernel-test";
  const fetchPackage = () => run("apt-get", ["download", "--quiet", name], { cwd: scratch, seconds: 120 });
  let fetched = await fetchPackage();
  // A fresh container knows no packages yet; only root may fetch the list.
  if (!fetched.ok && /unable to locate/i.test(fetched.output) && process.getuid?.() === 0) {
    await run("apt-get", ["update", "--quiet"], { seconds: 300 });
    fetched = await fetchPackage();
  }
  if (!fetched.ok) throw new Error(/ENOENT/.test(fetched.output) ? "there is no apt-get" : reasonIn(fetched.output));
  const file = readdirSync(scratch).find((entry) => entry.endsWith(".deb"));
  if (file === undefined) throw new Error("apt-get fetched nothing");
  const unpacked = join(scratch, "unpacked");
  const { ok, output } = await run("dpkg", ["-x", join(scratch, file), unpacked], { seconds: 60 });
  if (!ok) throw new Error(reasonIn(output));
  const folder = join(scratch, "debian");
  cpSync(join(unpacked, "usr/lib/python3/dist-packages"), folder, { recursive: true });
  return folder;
}
