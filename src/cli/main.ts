import { run } from "./nibble.js";

// The launcher's last step: everything below takes its edges as arguments.
process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  interrupts(onInterrupt) {
    process.on("SIGINT", onInterrupt);
    process.on("SIGTERM", onInterrupt);
    return () => {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onInterrupt);
    };
  },
});
