import { randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { firstProgram, reasonIn, run } from "./command.mjs";
import { download } from "./download.mjs";

/**
 * The TensorFlow C library, unpacked.
 * @typedef {object} Library
 * @property {"official" | "wheel"} source
 * @property {string} version
 * @property {string} folder      the unpacked files; the binding refers to it for ever
 * @property {string} include     folder of the headers
 * @property {string[]} libraries absolute paths of the shared objects to link
 */

/**
 * One way to get the library.
 * @typedef {object} Source
 * @property {Library["source"]} source
 * @property {string} words       for the line that says what is going on
 * @property {string} version
 * @property {number} gigabytes   free space needed while unpacking
 * @property {(folder: string) => Promise<void>} unpack fills an empty folder, or throws the reason
 * @property {string} include     inside the folder
 * @property {RegExp} libraries   inside `libraryFolder`
 * @property {string} libraryFolder
 */

const ARCHITECTURES = { x64: { official: "x86_64", wheel: "x86_64" }, arm64: { official: "arm64", wheel: "aarch64" } };

/** The version of pip's wheel that the binding is tested against. */
export const WHEEL_VERSION = "2.21.0";

/**
 * The ways to get libtensorflow on this kind of machine, best first; none where the binding is not built.
 * @param {string} platform
 * @param {string} architecture
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Source[]}
 */
export function sources(platform = process.platform, architecture = process.arch, environment = process.env) {
  const names = ARCHITECTURES[/** @type {"x64" | "arm64"} */ (architecture)];
  if (platform !== "linux" || names === undefined) return [];
  return [official(architecture, downloadHost(environment)), wheel(architecture, names.wheel)];
}

/**
 * Where tfjs-node itself downloads from; its own variable moves it to a mirror.
 * @param {NodeJS.ProcessEnv} environment
 */
export function downloadHost(environment = process.env) {
  return environment.TFJS_NODE_CDN_STORAGE || "https://storage.googleapis.com/";
}

/**
 * The library from the cache, else from the first source that can be had.
 * @param {string} cache
 * @param {(line: string) => void} say
 * @param {Source[]} [all]
 * @returns {Promise<{ library?: Library, reasons: string[] }>} `reasons` says why each source that failed did
 */
export async function getLibrary(cache, say, all = sources()) {
  const reasons = [];
  if (all.length === 0)
    reasons.push(`it is built on Linux x64 and arm64 alone, not on ${process.platform} ${process.arch}`);
  for (const source of all) {
    const library = libraryIn(join(cache, folderName(source)), source);
    if (library) return { library, reasons };
  }
  for (const source of all) {
    try {
      return { library: await unpackInto(cache, source, say), reasons };
    } catch (error) {
      reasons.push(`${source.words}: ${/** @type {Error} */ (error).message}`);
    }
  }
  return { reasons };
}

/**
 * @param {string} cache
 * @param {Source} source
 * @param {(line: string) => void} say
 */
async function unpackInto(cache, source, say) {
  mkdirSync(cache, { recursive: true });
  const { bavail, bsize } = statfsSync(cache);
  const free = (bavail * bsize) / 1e9;
  if (free < source.gigabytes) throw new Error(`needs ${source.gigabytes} GB of disk, ${free.toFixed(1)} GB are free`);
  const folder = join(cache, folderName(source));
  // Unpacked beside its place and renamed: a set-up that is stopped, or two at once, leave nothing half done.
  const unfinished = `${folder}.${randomUUID().slice(0, 8)}`;
  mkdirSync(unfinished);
  try {
    await source.unpack(unfinished);
    writeFileSync(join(unfinished, "complete"), `${source.version}\n`);
    if (!libraryIn(unfinished, source)) throw new Error("the archive holds no libtensorflow");
    say(`TensorFlow: ${source.version} unpacked from ${source.words}`);
    try {
      renameSync(unfinished, folder);
    } catch (error) {
      if (!libraryIn(folder, source)) throw error; // else another set-up was first
    }
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return /** @type {Library} */ (libraryIn(folder, source));
}

/**
 * @param {string} folder
 * @param {Source} source
 * @returns {Library | undefined}
 */
function libraryIn(folder, source) {
  const inside = join(folder, source.libraryFolder);
  if (!existsSync(join(folder, "complete")) || !existsSync(inside)) return undefined;
  const version = readFileSync(join(folder, "complete"), "utf8").trim();
  const libraries = readdirSync(inside)
    .filter((name) => source.libraries.test(name))
    .sort();
  if (libraries.length < 2) return undefined;
  const include = join(folder, source.include);
  return { source: source.source, version, folder, include, libraries: libraries.map((name) => join(inside, name)) };
}

/** @param {Source} source */
function folderName(source) {
  return `tensorflow-${source.source}-${source.version}-${process.arch}`;
}

/**
 * @param {string} architecture
 * @param {string} host
 * @returns {Source}
 */
function official(architecture, host) {
  // The versions that tfjs-node 4.22 names in its scripts/deps-constants.js and scripts/install.js.
  const [version, path] =
    architecture === "x64"
      ? ["2.9.1", "tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz"]
      : ["2.7.0", "tf-builds/libtensorflow_r2_7_linux_arm64.tar.gz"];
  return {
    source: "official",
    words: "the official libtensorflow download",
    version,
    gigabytes: 1.5,
    include: "include",
    libraryFolder: "lib",
    libraries: /^libtensorflow(_framework)?\.so\.2$/,
    async unpack(folder) {
      const archive = join(folder, "libtensorflow.tar.gz");
      await download(host + path, archive);
      const { ok, output } = await run("tar", ["-xzf", archive, "-C", folder]);
      rmSync(archive);
      if (!ok) throw new Error(`the archive does not unpack: ${reasonIn(output)}`);
    },
  };
}

/**
 * The CPU build of pip's TensorFlow holds the same C library, under another name, with its headers.
 * @param {string} architecture
 * @param {string} machine as in the name of a wheel
 * @returns {Source}
 */
function wheel(architecture, machine) {
  return {
    source: "wheel",
    words: "pip's TensorFlow wheel",
    version: WHEEL_VERSION,
    gigabytes: 2.5,
    include: "tensorflow/include",
    libraryFolder: "tensorflow",
    libraries: /^libtensorflow_(cc|framework)\.so\.2$/,
    async unpack(folder) {
      const python = await firstProgram(["python3", "python"]);
      if (python === undefined) throw new Error("there is no Python");
      const name = architecture === "x64" ? "tensorflow-cpu" : "tensorflow";
      const fetched = await run(python, [...pipDownload(machine), "--dest", folder, `${name}==${WHEEL_VERSION}`], {
        seconds: 1800,
        env: { PIP_DISABLE_PIP_VERSION_CHECK: "1" },
      });
      if (!fetched.ok) throw new Error(reasonIn(fetched.output));
      const archive = readdirSync(folder).find((file) => file.endsWith(".whl"));
      if (archive === undefined) throw new Error("pip brought no wheel");
      const unzipped = await run(python, ["-c", UNZIP, join(folder, archive), folder]);
      rmSync(join(folder, archive));
      if (!unzipped.ok) throw new Error(`the wheel does not unpack: ${reasonIn(unzipped.output)}`);
    },
  };
}

/**
 * Any Python's pip may fetch it: the library inside does not depend on the Python that the wheel is tagged for.
 * @param {string} machine
 */
function pipDownload(machine) {
  const platforms = ["manylinux_2_27", "manylinux_2_17", "manylinux2014"].flatMap((p) => [
    "--platform",
    `${p}_${machine}`,
  ]);
  return [
    ...["-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--only-binary=:all:"],
    ...["--implementation", "cp", "--python-version", "3.11", "--abi", "cp311", ...platforms],
    ...["--retries", "1", "--timeout", "30"],
  ];
}

/** The library and the headers that the binding includes, out of 13,000 files. Arguments: wheel, folder. */
const UNZIP = `
import re, sys, zipfile
wanted = re.compile(r"tensorflow/(libtensorflow_(cc|framework)\\.so\\.2"
                    r"|include/(tensorflow/c|tensorflow/core/platform|tsl/platform|xla/tsl/c|xla/tsl/platform)/.*\\.h)$")
with zipfile.ZipFile(sys.argv[1]) as archive:
    for name in archive.namelist():
        if wanted.match(name):
            archive.extract(name, sys.argv[2])
`;
