import { InvalidObjectNameError } from '../errors.js';
import { failureOf } from './ground.js';
import { spelled, type Trial } from './trial.js';

const NAMES = [
  'blank in it',
  ' blanks around ',
  'plus+plus',
  'per%20cent%2F',
  'question?hash#amp&semicolon;equals=',
  '<&>"\'`',
  'back\\slash',
  "tilde~!*()'",
  'colon:at@dollar$',
  'caf\u00e9',
  'cafe\u0301',
  '\u{1f600}\u{10ffff}',
  '\u202eright to left',
  'tab\tand line\nand return\r',
  'control\u0001\u001f\u007f',
  'UPPER and lower',
  'upper and lower',
  'dot at the end.',
  'two//slashes',
  './dot',
  'folder/../dots',
];
/** Below what every file system takes as one folder's name. */
const SEGMENT = 200;

/** G4: names that other tools change on the way. */
export const namesKept: Trial = {
  id: 'G4',
  title: 'a name comes back byte for byte, or is refused: it is never changed',
  meaning:
    'Files with such names may overwrite each other, be sent again at each reconcile, or be impossible to restore. Rename them.',
  async run(ground) {
    const { backend, prefix } = ground;
    const names = [
      ...NAMES,
      longest(backend.capabilities.limits.maxKeyBytes - Buffer.byteLength(prefix)),
    ];
    const problems: string[] = [];
    const refused: string[] = [];
    const stored: string[] = [];
    for (const name of names) {
      const failure = await failureOf(ground, ground.put(name, `content of ${name}`));
      if (failure === undefined) stored.push(name);
      else if (failure instanceof InvalidObjectNameError) refused.push(name);
      else problems.push(`${short(name)} was refused, but not as a name: ${failure.message}`);
    }
    const listed = await ground.names();
    for (const name of stored) {
      if (!listed.includes(name))
        problems.push(`${short(name)} was stored, but the listing does not have it`);
      const content = await ground.contentOf(name);
      if (content === undefined)
        problems.push(`${short(name)} was stored, but cannot be read under its name`);
      else if (content !== `content of ${name}`)
        problems.push(`${short(name)} has the content of another name`);
    }
    for (const name of listed)
      if (!stored.includes(name))
        problems.push(`${short(name)} is listed, but no object was put under that name`);
    const notes =
      refused.length === 0
        ? []
        : [
            `names like these are refused, and files that have them reported: ${refused.map(short).join(', ')}`,
          ];
    return { problems, notes };
  },
};

/** A name of so many bytes, in folders. */
function longest(bytes: number): string {
  const segment = `${'n'.repeat(SEGMENT)}/`;
  return segment
    .repeat(Math.ceil(bytes / segment.length))
    .slice(0, bytes)
    .replace(/\/$/, 'n');
}

function short(name: string): string {
  return name.length > 60 ? `a name of ${Buffer.byteLength(name)} bytes` : spelled(name);
}
