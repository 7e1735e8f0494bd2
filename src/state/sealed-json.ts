import { crc32 } from 'node:zlib';
import { reasonOf, StateDamagedError } from './errors.js';

const SEAL = /^\{\n {2}"checksum": "([0-9a-f]{8})",\n/;

/**
 * A value as JSON for people, whose first property is a checksum (CRC-32) of all the text after its own line. JSON that
 * lost or changed a byte often still parses, and then says something else.
 */
export function sealJson(value: object): string {
  const body = JSON.stringify(value, undefined, 2).slice('{\n'.length);
  return `{\n  "checksum": "${checksum(body)}",\n${body}\n`;
}

/** The value without its checksum. @throws StateDamagedError; `file` is for its message. */
export function unsealJson(text: string, file: string): unknown {
  const seal = SEAL.exec(text);
  if (seal === null) throw new StateDamagedError(file, 'does not begin as a state file does');
  const body = text.slice(seal[0].length);
  if (checksum(body.slice(0, -1)) !== seal[1]) {
    throw new StateDamagedError(
      file,
      'is not what was written (its checksum differs): damaged, cut short, or edited by hand',
    );
  }
  try {
    return JSON.parse(`{\n${body}`);
  } catch (error) {
    throw new StateDamagedError(file, `is not JSON: ${reasonOf(error)}`, error);
  }
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
