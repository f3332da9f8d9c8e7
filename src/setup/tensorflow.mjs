import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { firstProgram, reasonIn, run } from "./command.mjs";
import { download } from "./download.mjs";
import { downloadHost, getLibrary, sources } from "./libtensorflow.mjs";

/** @typedef {import("./libtensorflow.mjs").Library} Library */

/** Raise it when the way of building changes, so that bindings built before are built again. */
const RECIPE = 1;

const WITHOUT = "TF.js runs on WebAssembly: the same results, slower training";

/**
 * Builds the native part of tfjs-node where it can be built; says in one line what came of it. Never throws.
 * @param {{ root: string, cache: string, memory: import("./memory.mjs").Memory, say: (line: string) => void }} context
 * @returns {Promise<"ready" | "built" | "absent">}
 */
export async function prepareTensorFlow({ root, cache, memory, say }) {
  if (["wasm", "cpu"].includes(process.env.NIBBLE_TENSORFLOW ?? "")) {
    say(`TensorFlow: native part left out, NIBBLE_TENSORFLOW is ${process.env.NIBBLE_TENSORFLOW}`);
    return "absent";
  }
  const places = bindingPlaces(root);
  if (places === undefined) return "absent";
  if (isReady(places)) return "ready";
  const known = memory.recall();
  if (known !== undefined) {
    say(`TensorFlow: no native part (${known}); ${WITHOUT}; \`npm run setup\` tries again`);
    return "absent";
  }
  const started = Date.now();
  try {
    say("TensorFlow: getting the native library (once for each user, up to 300 MB)");
    const compiler = await firstProgram(["c++", "g++", "clang++"]);
    // tfjs-node publishes a binding for the official library alone; the wheel's needs a compiler.
    const usable = sources().filter(({ source }) => source === "official" || compiler !== undefined);
    const { library, reasons } = await getLibrary(cache, say, usable);
    if (library === undefined) throw new Error([...(compiler ? [] : ["no C++ compiler"]), ...reasons].join("; "));
    await build(library, places, compiler);
    memory.forget();
    say(`TensorFlow: native ${library.version}, built in ${Math.round((Date.now() - started) / 1000)} s`);
    return "built";
  } catch (error) {
    const reason = /** @type {Error} */ (error).message;
    memory.remember(reason);
    say(`TensorFlow: no native part (${reason}); ${WITHOUT}`);
    return "absent";
  }
}

/**
 * @typedef {object} Places
 * @property {string} packageFolder where tfjs-node lies
 * @property {string} binding
 * @property {string} mute     the addon that keeps TensorFlow's remarks off the screen
 * @property {string} stamp    says from what the two were built
 * @property {string} headers  folder of node_api.h
 */

/**
 * @param {string} root
 * @returns {Places | undefined} nothing when the packages are not installed
 */
export function bindingPlaces(root) {
  try {
    const require = createRequire(join(root, "package.json"));
    const packageFolder = dirname(require.resolve("@tensorflow/tfjs-node/package.json"));
    const headers = join(dirname(require.resolve("node-api-headers/package.json")), "include");
    const output = join(packageFolder, "lib", "napi-v8");
    const [binding, mute, stamp] = ["tfjs_binding.node", "nibble_mute.node", "nibble.json"].map((name) =>
      join(output, name),
    );
    return /** @type {Places} */ ({ packageFolder, binding, mute, stamp, headers });
  } catch {
    return undefined;
  }
}

/** @param {Places} places */
function isReady({ binding, stamp }) {
  if (!existsSync(binding) || !existsSync(stamp)) return false;
  const { recipe, folder } = JSON.parse(readFileSync(stamp, "utf8"));
  return recipe === recipeHash() && existsSync(folder);
}

function recipeHash() {
  return createHash("sha256").update(`${RECIPE}\n`).update(readFileSync(muteSource())).digest("hex");
}

function muteSource() {
  return fileURLToPath(new URL("native/mute.c", import.meta.url));
}

/**
 * @param {Library} library
 * @param {Places} places
 * @param {string | undefined} compiler
 * @throws {Error} with the reason in one line
 */
async function build(library, places, compiler) {
  const folder = mkdtempSync(join(tmpdir(), "nibble-build-"));
  try {
    const binding = join(folder, "tfjs_binding.node");
    const mute = join(folder, "nibble_mute.node");
    if (compiler === undefined) await fetchBinding(library, binding, places);
    else await compile(compiler, library, places, { binding, mute });
    const loads = await run(process.execPath, ["-e", `require(${JSON.stringify(binding)})`], { seconds: 120 });
    if (!loads.ok) throw new Error(`the binding does not load here: ${reasonIn(loads.output)}`);
    mkdirSync(dirname(places.binding), { recursive: true });
    if (existsSync(mute)) install(mute, places.mute);
    install(binding, places.binding);
    writeFileSync(places.stamp, JSON.stringify({ recipe: recipeHash(), ...library }, undefined, 2));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} compiler
 * @param {Library} library
 * @param {Places} places
 * @param {{ binding: string, mute: string }} outputs
 */
async function compile(compiler, library, { packageFolder, headers }, { binding, mute }) {
  const shared = ["-O2", "-fPIC", "-shared", "-w", `-I${headers}`];
  const files = ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(packageFolder, "binding", name));
  const rpath = `-Wl,-rpath,${dirname(/** @type {string} */ (library.libraries[0]))}`;
  const includes = ["-DNAPI_VERSION=8", `-I${library.include}`, `-I${join(packageFolder, "binding")}`];
  const done = await Promise.all([
    run(compiler, [...shared, "-std=c++17", ...includes, "-o", binding, ...files, ...library.libraries, rpath]),
    run(compiler, [...shared, "-x", "c", "-std=c11", "-o", mute, muteSource()]),
  ]);
  const failed = done.find(({ ok }) => !ok);
  if (failed) throw new Error(`${compiler} failed: ${reasonIn(failed.output)}`);
}

/**
 * Where there is no compiler, tfjs-node's own prebuilt binding fits the official library. It looks for the library in
 * `deps/lib` of its package.
 * @param {Library} library
 * @param {string} binding
 * @param {Places} places
 */
async function fetchBinding(library, binding, { packageFolder }) {
  const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));
  const archive = `${binding}.tar.gz`;
  try {
    await download(
      `${downloadHost()}tf-builds/pre-built-binary/napi-v8/${version}/CPU-linux-${version}.tar.gz`,
      archive,
    );
  } catch (error) {
    throw new Error(`no C++ compiler; the prebuilt binding: ${/** @type {Error} */ (error).message}`);
  }
  const { ok, output } = await run("tar", ["-xzf", archive, "-C", dirname(binding), "--strip-components=1"]);
  if (!ok) throw new Error(`the prebuilt binding does not unpack: ${reasonIn(output)}`);
  rmSync(join(packageFolder, "deps"), { recursive: true, force: true });
  symlinkSync(library.folder, join(packageFolder, "deps"), "dir");
}

/**
 * Copied beside its place and renamed: a process that has the old one loaded keeps it.
 * @param {string} from
 * @param {string} to
 */
function install(from, to) {
  copyFileSync(from, `${to}.new`);
  renameSync(`${to}.new`, to);
}
