import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";

/** Cells that are remembered for tracebacks, and the most characters of text and map together. */
const MOST_CELLS = 2000;
const MOST_CHARACTERS = 16_000_000;

/** A place in a cell; line and column count from 1. */
export interface CellPlace {
  readonly cell: number;
  readonly line: number;
  readonly column: number;
}

/** The texts of the cells that ran, and the way back from the code that ran to them. The oldest are forgotten first. */
export interface CellTexts {
  /** `map`: source map from what runs to `code`; absent for expressions, whose place means nothing. */
  add(cell: number, code: string, map: string): void;
  /** A place in running code, to the user's text. */
  original(place: CellPlace): CellPlace;
  /** A line of a cell, from 1. */
  line(cell: number, line: number): string | undefined;
}

interface Remembered {
  readonly code: string;
  readonly map: string;
  decoded?: TraceMap;
}

export function createCellTexts(): CellTexts {
  const cells = new Map<number, Remembered>();
  let characters = 0;
  return {
    add(cell, code, map) {
      cells.set(cell, { code, map });
      characters += code.length + map.length;
      for (const [oldest, { code: text, map: its }] of cells) {
        if ((cells.size <= MOST_CELLS && characters <= MOST_CHARACTERS) || oldest === cell) break;
        cells.delete(oldest);
        characters -= text.length + its.length;
      }
    },
    original(place) {
      const known = cells.get(place.cell);
      if (known === undefined) return place;
      known.decoded ??= new TraceMap(known.map);
      const { line, column } = originalPositionFor(known.decoded, { line: place.line, column: place.column - 1 });
      return line === null ? place : { cell: place.cell, line, column: column + 1 };
    },
    line: (cell, line) => cells.get(cell)?.code.split(/\r\n|\n|\r/)[line - 1],
  };
}
