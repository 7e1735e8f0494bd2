import { randomBytes } from 'node:crypto';

/** Random bytes that never begin, by chance, as something that anybody can read: of pure ones, one in six thousand does. */
export function ciphertext(length: number): Buffer {
  const bytes = randomBytes(length);
  bytes.write('Salted__');
  return bytes;
}
