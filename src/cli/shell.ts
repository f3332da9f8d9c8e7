import { readFile } from "node:fs/promises";
import { type Diagnostic, diagnostic, renderDiagnostic, words } from "../base/diagnostic.js";
import type { SourceFile } from "../base/span.js";
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

export function shellOf(terminal: Terminal, { json, quiet }: SharedOptions): Shell {
  const colour = wantsColour(terminal, terminal.stderr);
  return {
    terminal,
    json,
    quiet,
    print: (text) => void terminal.stdout.write(`${text}\n`),
    report(diagnostics, sources) {
      for (const d of diagnostics) {
        if (json) terminal.stdout.write(`${JSON.stringify({ diagnostic: { ...d, ...words(d) } })}\n`);
        else terminal.stderr.write(`${colourDiagnostic(renderDiagnostic(d, sources), colour)}\n\n`);
      }
    },
  };
}

/** Largest program that is read, bytes. */
const LARGEST_PROGRAM = 4 * 1024 * 1024;

/** The text of a program file, or what is wrong with it. */
export async function readProgram(path: string): Promise<SourceFile | Diagnostic> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > LARGEST_PROGRAM) {
      return diagnostic("source-unreadable", {
        path,
        reason: `it has ${bytes.length} bytes; a program has 4 MB at most`,
      });
    }
    return { path, text: bytes.toString("utf8").replace(/^\uFEFF/, "") };
  } catch (error) {
    return diagnostic("source-unreadable", { path, reason: reasonOf(error) });
  }
}

function reasonOf(error: unknown): string {
  const code = (error as { code?: string }).code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES") return "reading it is not permitted";
  return error instanceof Error ? error.message : String(error);
}
