// Pieces of WebAssembly's binary format (https://webassembly.github.io/spec/core/binary/). What takes operands takes the code that
// leaves them on the stack.

/** Bytes of a module. */
export type Code = readonly number[];

/** LEB128, as all numbers of the format are. */
export function unsigned(value: number): Code {
  const low = value % 128;
  return value < 128 ? [low] : [low + 128, ...unsigned((value - low) / 128)];
}

function signed(value: number): Code {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && low < 64) || (rest === -1 && low >= 64);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

/** Items with their number before them. */
export const vector = (items: readonly Code[]): Code => [
  ...unsigned(items.length),
  ...items.flat(),
];
/** Code with its bytes before it. */
export const sized = (code: Code): Code => [...unsigned(code.length), ...code];
export const name = (text: string): Code => sized([...Buffer.from(text)]);
/** A section of a module, by its number. */
export const section = (id: number, items: readonly Code[]): Code => [id, ...sized(vector(items))];

/** The value of a local. */
export const get = (local: number): Code => [0x20, ...unsigned(local)];
/** Gives a local a value. */
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
/** Behind the code of a load or a store: where from its address on, in bytes. The address need not be aligned. */
export const at = (offset: number): Code => [0, ...unsigned(offset)];
/** A 32-bit number. */
export const number = (value: number): Code => [0x41, ...signed(value | 0)];
