import type protobuf from "protobufjs/light.js";

/** Part of a message as it lies in a file: encoded fields, or the bytes of a tensor, which are not copied until the end. */
export type Piece = Uint8Array;

/** Wire type of everything that has a length: bytes, texts, messages. */
const LENGTH_DELIMITED = 2;

/** The fields of a message, as a piece. Pieces of one message come in the order of their field numbers. */
export function fieldsPiece(type: protobuf.Type, fields: Readonly<Record<string, unknown>>): Piece {
  return type.encode(fields).finish();
}

/** A field of bytes, or of a message in pieces. */
export function delimited(field: number, content: readonly Piece[]): readonly Piece[] {
  return [Uint8Array.from([...varint((field << 3) | LENGTH_DELIMITED), ...varint(lengthOf(content))]), ...content];
}

/** Bytes of all pieces together. */
export function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** All pieces in one buffer, which is all the memory that writing takes. */
export function joinPieces(pieces: readonly Piece[]): Uint8Array {
  const bytes = new Uint8Array(lengthOf(pieces));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/** @param value a whole number from 0 to 2^53 - 1; seven bits a byte, the lowest first */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}
