import type { Random } from "../../src/base/random.js";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values that readers forget: wrong types, signs, sizes that no memory holds, names of JavaScript's own, ways out of a folder. */
const hostile: readonly Json[] = [
  ...[null, true, false, -1, 0, 1, 0.5, 3, 1e9, 2 ** 31, 2 ** 53, 1e300, -1e300],
  ...[
    "",
    "0",
    "-1",
    "-9223372036854775808",
    "9223372036854775807",
    "1e9",
    "NaN",
    "Infinity",
    "__proto__",
    "constructor",
  ],
  ...["../../etc/passwd", "/dev/zero", "a\u0000b", "x".repeat(3000), "DT_STRING", "DT_FLOAT", "DT_INT32", "float16"],
  ...[[], {}, [[]], [null], [-1], [1e9, 1e9], [0], [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  { __proto__x: 1, constructor: 2, toString: null },
];

/** A text of JSON with one to three places in it damaged. */
export function damagedJson(text: string, random: Random): string {
  if (random.next() < 0.1) return text.slice(0, random.integer(0, text.length - 1));
  let value = JSON.parse(text) as Json;
  const times = random.integer(1, 3);
  for (let i = 0; i < times; i++) value = damagedOnce(value, random);
  const changed = JSON.stringify(value);
  // A key that comes twice, and the one that JavaScript treats as its own.
  if (random.next() < 0.05) return changed.replace(/"(\w+)":/, '"$1":null,"$1":');
  return random.next() < 0.05 ? changed.replace(/"\w+":/, '"__proto__":') : changed;
}

interface Place {
  readonly holder: Json[] | { [key: string]: Json };
  readonly key: string;
}

function damagedOnce(value: Json, random: Random): Json {
  const places = placesOf(value);
  const { holder, key } = places[random.integer(0, places.length - 1)] as Place;
  const at = holder as { [key: string]: Json };
  const other = places[random.integer(0, places.length - 1)] as Place;
  switch (random.integer(0, 5)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete at[key];
      return value;
    case 1:
      if (Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)] as Json));
      else at[`${key}_`] = structuredClone(at[key] as Json);
      return value;
    case 2:
      at[key] = structuredClone((other.holder as { [key: string]: Json })[other.key] as Json);
      return value;
    default:
      at[key] = structuredClone(hostile[random.integer(0, hostile.length - 1)] as Json);
      return value;
  }
}

/** Every place inside the value, outermost first. */
function placesOf(value: Json): Place[] {
  const places: Place[] = [];
  const walk = (holder: Json) => {
    if (typeof holder !== "object" || holder === null) return;
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      walk((holder as { [key: string]: Json })[key] as Json);
    }
  };
  walk([value]);
  return places.slice(1);
}

/** Bytes with one to four faults: flipped bits, lengths that say too much, pieces cut out, repeated or exchanged. */
export function damagedBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let damaged = Uint8Array.from(bytes);
  const times = random.integer(1, 4);
  for (let i = 0; i < times && damaged.length > 0; i++) damaged = damagedAt(damaged, random);
  return damaged;
}

function damagedAt(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const at = random.integer(0, bytes.length - 1);
  const length = Math.min(random.integer(1, 12), bytes.length - at);
  const [before, piece, after] = [bytes.slice(0, at), bytes.slice(at, at + length), bytes.slice(at + length)];
  switch (random.integer(0, 6)) {
    case 0:
      return before;
    case 1:
      return joined(before, after);
    case 2:
      return joined(before, piece, piece, after);
    case 3:
      return joined(before, new Uint8Array(length).fill(0xff), after);
    case 4:
      return joined(before, Uint8Array.of([0, 1, 0x7f, 0x80, 0xff][random.integer(0, 4)] ?? 0), piece.slice(1), after);
    default: {
      const flipped = piece.slice();
      flipped[0] = (flipped[0] ?? 0) ^ (1 << random.integer(0, 7));
      return joined(before, flipped, after);
    }
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}
