import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { firstProgram, reasonIn, run } from "./command.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/** Where browsers are when they are not on PATH. */
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
  "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
];

/**
 * A Chromium or Chrome that is installed: `$CHROME_PATH`, else the first on PATH, else in its usual place.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string | undefined} absolute path
 */
export function findChromium(environment = process.env) {
  const { CHROME_PATH: chosen, PATH: path = "" } = environment;
  if (chosen && isProgram(chosen)) return chosen;
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  return [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), ...PLACES].find(isProgram);
}

/**
 * Finds the browser that JupyterLab is tested in, and installs it on a Debian where we are root. Never throws.
 * @param {{ memory: import("./memory.mjs").Memory, say: (line: string) => void }} context
 * @returns {Promise<"ready" | "built" | "absent">}
 */
export async function prepareChromium({ memory, say }) {
  if (findChromium() !== undefined) return "ready";
  const skipped = "tests of the kernel in a browser are skipped";
  const known = memory.recall();
  if (known !== undefined) {
    say(`Chromium: ${known}; ${skipped}`);
    return "absent";
  }
  const reason = await install(say);
  if (reason === undefined && findChromium() !== undefined) {
    memory.forget();
    return "built";
  }
  const why = reason ?? "apt-get installed none";
  memory.remember(why);
  say(`Chromium: ${why}; ${skipped}`);
  return "absent";
}

/**
 * @param {(line: string) => void} say
 * @returns {Promise<string | undefined>} why it could not be had
 */
async function install(say) {
  const canInstall = isDebian() && process.getuid?.() === 0 && (await firstProgram(["apt-get"])) !== undefined;
  if (!canInstall) return "not installed; CHROME_PATH names one elsewhere";
  say("Chromium: installing Debian's");
  const install = () =>
    run("apt-get", ["install", "-y", "--quiet", "--no-install-recommends", "chromium"], {
      seconds: 900,
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
  let { ok, output } = await install();
  if (!ok) {
    await run("apt-get", ["update", "--quiet"], { seconds: 300 });
    ({ ok, output } = await install());
  }
  return ok ? undefined : reasonIn(output);
}

/** Ubuntu's package of that name is a stub that asks for snap. */
function isDebian() {
  try {
    return /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

/** @param {string} path */
function isProgram(path) {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
