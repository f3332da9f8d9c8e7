import type { CellLanguage, Interpreter } from "../cells/interpreter.js";
import { historyPath, openHistoryFile } from "./history/file.js";
import { createHistory } from "./history/history.js";
import { startKernel } from "./kernel.js";
import { watchParent } from "./parent.js";
import { startLater } from "./start-later.js";
import type { ConnectionInfo } from "./wire/connection-file.js";
import { bindSockets } from "./wire/sockets.js";

/** How long the interpreter's processes may take to end, in milliseconds; then the kernel goes and they find their parent gone. */
const LONGEST_END_MS = 3000;

/** How long a client that starts a kernel is given to ask for kernel_info before the interpreter is loaded, in milliseconds. */
const FIRST_REQUEST_MS = 200;

/**
 * Runs a kernel in this process until a client, a signal or the death of its parent ends it. Answers before
 * the interpreter is loaded.
 * @throws {StartError} when an address of the connection cannot be had
 */
export async function runKernel(
  info: ConnectionInfo,
  language: CellLanguage,
  load: () => Promise<Interpreter>,
): Promise<void> {
  const transport = await bindSockets(info);
  const log = (line: string) => void process.stderr.write(`nibble kernel: ${line}\n`);
  const interpreter = startLater(load);
  const history = createHistory(openHistoryFile(historyPath()));

  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    const giveUp = setTimeout(() => process.exit(0), LONGEST_END_MS);
    await Promise.allSettled([interpreter.shutdown(), history.close()]);
    await transport.close().catch(() => {});
    clearTimeout(giveUp);
    process.exit(0);
  };

  process.on("SIGTERM", end);
  process.on("SIGHUP", end);
  process.on("SIGINT", () => void interpreter.interrupt());
  // Whoever started the kernel may stop listening to it; a message that cannot be printed ends nothing.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  process.on("uncaughtException", (error) => log(`a fault of its own: ${error?.stack ?? error}`));
  process.on("unhandledRejection", (error) => log(`a fault of its own: ${(error as Error)?.stack ?? error}`));
  watchParent(process.env.JPY_PARENT_PID, end);
  startKernel({
    ...{ transport, interpreter, history, language, key: info.key, log },
    // A client asks for kernel_info first and waits; from then on nobody waits until the first cell comes.
    onAnswered: () => interpreter.warm(),
    onShutdown: () => void end(),
  });
  setTimeout(() => interpreter.warm(), FIRST_REQUEST_MS).unref();
}
