import { deserialize } from "node:v8";
import { type FromChild, PREFIX } from "./frames.js";

/** Puts the child's reports together from the pieces in which a pipe delivers them. */
export function createFrameReader(onReport: (report: FromChild) => void): (piece: Buffer) => void {
  let pieces: Buffer[] = [];
  let size = 0;
  let wanted = PREFIX;
  const joined = () => {
    const whole = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces, size);
    pieces = [whole];
    return whole;
  };
  return (piece) => {
    pieces.push(piece);
    size += piece.length;
    while (size >= wanted) {
      const bytes = joined();
      const length = bytes.readUInt32LE(0);
      wanted = PREFIX + length;
      if (size < wanted) return;
      const body = bytes.subarray(PREFIX, wanted);
      pieces = [bytes.subarray(wanted)];
      size -= wanted;
      wanted = PREFIX;
      onReport(deserialize(body) as FromChild);
    }
  };
}
