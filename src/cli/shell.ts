import { type Diagnostic, diagnostic, renderDiagnostic, words } from "../base/diagnostic.js";
import type { SourceFile } from "../base/span.js";
import { readProgramText, UnreadableProgram } from "../run/source.js";
import { colourDiagnostic, type Terminal, wantsColour } from "./terminal.js";

/** Flags that every command on a program has. */
export interface SharedOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly allow?: readonly string[];
  readonly param?: Readonly<Record<string, string>>;
}

/** How commands speak: results on stdout, everything else on stderr. */
export interface Shell {
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly quiet: boolean;
  print(text: string): void;
  /** Diagnostics as text on stderr or, with --json, as objects on stdout. */
  report(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, SourceFile>): void;
}

/** The shell of one command. */
/** Most diagnostics that are shown as text: whoever mends the first of them sees the others next time. */
const MOST_SHOWN = 50;

export function shellOf(terminal: Terminal, { json, quiet }: SharedOptions): Shell {
  const colour = wantsColour(terminal, terminal.stderr);
  return {
    terminal,
    json,
    quiet,
    print: (text) => void terminal.stdout.write(`${text}\n`),
    report(diagnostics, sources) {
      if (json) {
        for (const d of diagnostics) {
          terminal.stdout.write(`${JSON.stringify({ diagnostic: { ...d, ...words(d) } })}\n`);
        }
        return;
      }
      for (const d of diagnostics.slice(0, MOST_SHOWN)) {
        terminal.stderr.write(`${colourDiagnostic(renderDiagnostic(d, sources), colour)}\n\n`);
      }
      const more = diagnostics.length - MOST_SHOWN;
      if (more > 0) terminal.stderr.write(`... and ${more} more; \`--json\` lists them all\n\n`);
    },
  };
}

/** Whether a path names a notebook; what is in it decides nothing, as a program may be JSON by mistake. */
export function isNotebook(path: string): boolean {
  return path.toLowerCase().endsWith(".ipynb");
}

/** The text of a program file, or what is wrong with it. */
export async function readProgram(path: string): Promise<SourceFile | Diagnostic> {
  try {
    return { path, text: await readProgramText(path, "anything") };
  } catch (error) {
    if (error instanceof UnreadableProgram) return diagnostic("source-unreadable", { path, reason: error.message });
    throw error;
  }
}
