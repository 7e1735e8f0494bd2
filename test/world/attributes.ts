import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { attributeCalls } from '../../src/extended-attributes.js';
import { ACCESS_ACL, DEFAULT_ACL } from '../../src/sync/file-attributes.js';

/** Sets an extended attribute; text is UTF-8. */
export function setAttribute(path: string, name: string, value: string | Uint8Array): void {
  attributeCalls().set(path, name, Buffer.from(value as string));
}

const NO_ID = 0xffffffff;

/** The value of an ACL that gives a user rights (0 to 7) beside owner (rw-), group (r--) and others (none). */
export function aclFor(uid: number, rights: number): Buffer {
  const entries = [
    [0x01, 6, NO_ID],
    [0x02, rights, uid],
    [0x04, 4, NO_ID],
    [0x10, rights | 4, NO_ID],
    [0x20, 0, NO_ID],
  ];
  const bytes = Buffer.alloc(4 + 8 * entries.length);
  bytes.writeUInt32LE(2);
  for (const [row, [tag = 0, permissions = 0, id = 0]] of entries.entries()) {
    bytes.writeUInt16LE(tag, 4 + 8 * row);
    bytes.writeUInt16LE(permissions, 6 + 8 * row);
    bytes.writeUInt32LE(id, 8 + 8 * row);
  }
  return bytes;
}

/** Attributes that metadata carry unchanged, and others that they do not, by name. */
const ODD: Readonly<Record<string, string | Uint8Array>> = {
  'user.colour': 'light blue',
  'user.xdg.origin.url': 'https://example.org/a?b=%20c',
  'user.Colour': 'in capitals',
  'user.under_score': 'x',
  'user.ünï': 'ö',
  'user.mtime': 'a key that says something else',
  'user.empty': '',
  'user.binary': Buffer.from([0, 255, 10, 13, 0]),
  'user.blanks': '  two  blanks  ',
  'user.word': '=?UTF-8?B?AAAA?=',
  'user.long': 'x'.repeat(300),
};

/** Files and folders with attributes of every kind and with ACLs, and some without. */
export function writeAttributes(source: string, write: (path: string) => string): void {
  for (const [name, value] of Object.entries(ODD)) setAttribute(write('odd'), name, value);
  setAttribute(write('plain'), 'user.colour', 'red');
  setAttribute(write('a/b/shared'), ACCESS_ACL, aclFor(1234, 6));
  setAttribute(write('ü/both'), ACCESS_ACL, aclFor(4321, 7));
  setAttribute(join(source, 'ü/both'), 'user.colour', 'green');
  for (let number = 0; number < 20; number += 1) write(`many/none${number}`);
  for (let number = 0; number < 20; number += 1)
    setAttribute(write(`many/some${number}`), 'user.number', String(number));
  for (const folder of ['a', 'empty/folder'])
    mkdirSync(dirname(join(source, folder, 'x')), { recursive: true });
  setAttribute(join(source, 'a'), DEFAULT_ACL, aclFor(1234, 5));
  setAttribute(join(source, 'a'), 'user.folder', 'yes');
  setAttribute(join(source, 'empty/folder'), ACCESS_ACL, aclFor(77, 4));
}

/** The extended attributes of each file and folder below a root that has any, values in base64. */
export function extendedBelow(root: string): Readonly<Record<string, object>> {
  const { list, get } = attributeCalls();
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    paths.flatMap((path) => {
      const at = join(root, path);
      const names = [...list(at)].sort();
      const values = names.map((name) => [name, get(at, name)?.toString('base64')] as const);
      return values.length === 0 ? [] : [[path, Object.fromEntries(values)]];
    }),
  );
}
