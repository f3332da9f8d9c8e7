import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/**
 * Downloads a file, giving up soon where there is no way out: no answer within `answerSeconds`, or no byte within 30 s.
 * @param {string} url
 * @param {string} file written whole, or not left behind
 * @param {number} [answerSeconds]
 * @throws {Error} with the reason in one line
 */
export async function download(url, file, answerSeconds = 5) {
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), answerSeconds * 1000);
  try {
    const response = await fetch(url, { signal: stop.signal });
    if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), 30_000);
    };
    alive();
    const body = Readable.fromWeb(/** @type {import("node:stream/web").ReadableStream} */ (response.body));
    body.on("data", alive);
    await pipeline(body, createWriteStream(file));
  } catch (error) {
    await rm(file, { force: true });
    throw new Error(stop.signal.aborted ? "no answer" : reasonOf(error));
  } finally {
    clearTimeout(timer);
    stop.abort(); // an answer that was not read would keep the process alive
  }
}

/** @param {unknown} error `fetch` hides the reason in the cause */
function reasonOf(error) {
  const { message, cause } = /** @type {Error} */ (error);
  const inner = /** @type {{ code?: string, message?: string } | undefined} */ (cause);
  return inner?.code ?? inner?.message ?? message;
}
