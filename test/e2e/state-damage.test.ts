import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sealJson } from '../../src/state/sealed-json.js';
import {
  type IndexFormat,
  type LocalMirror,
  openLocalMirror,
} from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';
import { flipBit } from '../world/tree.js';

const FILES = 40;
const size = (file: string) => lstatSync(file).size;
/** Of the file that a record is about, whose name is in the record's own place in either engine. */
const recordAt = (file: string) => readFileSync(file).lastIndexOf('file 11');

type Damage = readonly [what: string, damage: (file: string) => void];
const CUT: readonly Damage[] = [
  ['cut in half', (file) => truncateSync(file, Math.floor(size(file) / 2))],
  ['cut to its first bytes', (file) => truncateSync(file, 100)],
  ['of zero length', (file) => truncateSync(file, 0)],
  [
    'overwritten with garbage',
    (file) => writeFileSync(file, Buffer.alloc(size(file), 'garbage!'), { flag: 'r+' }),
  ],
  ['gone', (file) => rmSync(file)],
];
const FLIPPED: Readonly<Record<IndexFormat, readonly Damage[]>> = {
  lmdb: [
    ['flipped in its first page', (file) => flipBit(file, 24)],
    ['flipped in its second page', (file) => flipBit(file, 8192 + 24)],
    ['flipped in a record', (file) => flipBit(file, recordAt(file) + 12)],
    ['flipped in a name', (file) => flipBit(file, recordAt(file))],
  ],
  lowdb: [
    ['flipped in its first bytes', (file) => flipBit(file, 3)],
    [
      'flipped in its checksum',
      (file) => flipBit(file, readFileSync(file).indexOf('checksum') + 14),
    ],
    ['flipped in a record', (file) => flipBit(file, recordAt(file) + 40)],
    ['flipped at its end', (file) => flipBit(file, size(file) - 4)],
  ],
};
const LEDGER: readonly Damage[] = [
  ...CUT,
  ['flipped in its middle', (file) => flipBit(file, Math.floor(size(file) / 2))],
  ['flipped at its end', (file) => flipBit(file, size(file) - 4)],
];

describe.each(['lmdb', 'lowdb'] as const)('state with engine %s', (engine) => {
  let mirror: LocalMirror;
  let objects: ReadonlyMap<string, bigint>;

  beforeAll(async () => {
    mirror = openLocalMirror('', { index: engine, unprivileged: true, callerRemoves: true });
    for (let at = 0; at < FILES; at += 1) mirror.write(`file ${at}`, `content ${at}`);
    const { code, stderr } = await mirror.longshore('--reconcile');
    expect(code, stderr).toBe(0);
    expect(mirror.differences()).toEqual([]);
    objects = mirror.inodes();
    expect(objects.size).toBe(FILES);
    mirror.saveState();
  });
  beforeEach(() => mirror.restoreState());
  afterAll(() => mirror.remove());

  /** Reconciles, twice if the first run ends because it read a damaged page: opening the file does not read all of it. */
  async function reconcileAfter(file: string) {
    const first = await mirror.longshore('--reconcile', '--json');
    if (first.code !== 1) return first;
    expect(first.stdout).toContain(JSON.stringify(file).slice(1, -1));
    expect(first.stdout).toContain('Start longshore again: it sets the damaged file aside');
    expect([...mirror.inodes()]).toEqual([...objects]);
    return mirror.longshore('--reconcile', '--json');
  }

  test.each([
    ...[...CUT, ...FLIPPED[engine]].map(([what, damage]) => ['index', what, damage] as const),
    ...LEDGER.map(([what, damage]) => ['ledger', what, damage] as const),
  ])(
    'P6: %s %s: a run reports it, sets it aside and rebuilds it; it deletes nothing and sends nothing again',
    async (which, what, damage) => {
      const file = mirror[which];
      damage(file);
      const healed = await reconcileAfter(file);
      expect(healed.code, healed.stderr).toBe(0);
      const said = healed.stderr.split('\n').find((line) => line.includes('state rebuilt')) ?? '';
      expect(said).toMatch(
        / warn state rebuilt mirror=documents why=".*" until="the next reconcile has finished, nothing is deleted"/,
      );
      // LMDB's file is empty until its first commit: one that was never in use is made again, and none is kept.
      const isAbsent =
        what === 'gone' || (which === 'index' && engine === 'lmdb' && what === 'of zero length');
      if (isAbsent) expect(said).toContain(`its ${which} was missing`);
      else {
        expect(said).toContain(`${file}: `);
        expect(said).toMatch(/; kept as .*\.damaged-\d{8}T\d{6}Z/);
        expect(
          readdirSync(dirname(file)).filter((name) => name.includes('.damaged-')),
        ).toHaveLength(1);
      }
      expect(summaryOf(healed)).toMatchObject({ uploaded: 0, copied: 0, deleted: 0, failed: 0 });
      expect([...mirror.inodes()]).toEqual([...objects]);
      const after = await mirror.longshore('scan', '--json');
      expect(after.code, after.stderr).toBe(0);
      expect(after.stderr).not.toContain('state rebuilt');
      expect(summaryOf(after)).toMatchObject({
        unchanged: FILES,
        uploaded: 0,
        adopted: 0,
        deleted: 0,
      });
    },
  );

  test('P6: a run without its state folder deletes nothing and sends nothing again', async () => {
    rmSync(mirror.state, { recursive: true });
    const { code, stdout, stderr } = await mirror.longshore('--reconcile', '--json');
    expect(code, stderr).toBe(0);
    expect(summaryOf({ code, stdout, stderr })).toMatchObject({
      adopted: FILES,
      uploaded: 0,
      deleted: 0,
    });
    expect([...mirror.inodes()]).toEqual([...objects]);
  });

  /** One that a newer longshore wrote: it is refused, by every command, and not touched. */
  test.each(['index', 'ledger'] as const)(
    'a run refuses the %s of a newer longshore, says what to do, and leaves the file unchanged',
    async (which) => {
      const file = mirror[which];
      const bytes = readFileSync(file);
      if (which === 'index' && engine === 'lmdb') {
        const about = '{"is":"longshore object index","version":';
        for (let at = bytes.indexOf(about); at !== -1; at = bytes.indexOf(about, at + 1))
          bytes.write('7', at + about.length);
      }
      const newer =
        which === 'index' && engine === 'lmdb'
          ? bytes
          : Buffer.from(
              sealJson({ ...JSON.parse(bytes.toString()), version: 7, checksum: undefined }),
            );
      writeFileSync(file, newer);
      const known = which === 'index' && engine === 'lowdb' ? 5 : 1;
      for (const command of ['--reconcile', 'run']) {
        const { code, stderr } = await mirror.longshore(command);
        expect(code, stderr).toBe(2);
        expect(stderr).toContain(
          `${file}: is of version 7, this longshore knows versions up to ${known}. Run the newer longshore that wrote it`,
        );
      }
      expect(readFileSync(file).equals(newer)).toBe(true);
      expect([...mirror.inodes()]).toEqual([...objects]);
    },
  );

  test('a run that may not write its state folder says which folder, why, and what to do', async () => {
    chmodSync(mirror.state, 0o500);
    try {
      for (const command of ['--reconcile', 'run']) {
        const { code, stderr } = await mirror.longshore(command);
        expect(code, stderr).toBe(1);
        expect(stderr).toMatch(
          /state: the state folder cannot be used \(EACCES.*\)\. Make it writable for this user, or name another one/,
        );
      }
    } finally {
      chmodSync(mirror.state, 0o700);
    }
    expect([...mirror.inodes()]).toEqual([...objects]);
  });

  test.each(['index', 'ledger'] as const)(
    'the %s, when it may not be read, says which and why, and is never taken for empty',
    async (which) => {
      const file = mirror[which];
      chmodSync(file, 0);
      const refused = await mirror.longshore('--reconcile');
      expect(refused.code, refused.stderr).toBe(1);
      expect(refused.stderr).toContain(`${file}: cannot be read`);
      expect(refused.stderr).toContain('EACCES');
      chmodSync(file, 0o600);
      const again = await mirror.longshore('--reconcile', '--json');
      expect(again.code, again.stderr).toBe(0);
      expect(summaryOf(again)).toMatchObject({
        unchanged: FILES,
        uploaded: 0,
        adopted: 0,
        deleted: 0,
      });
      expect([...mirror.inodes()]).toEqual([...objects]);
    },
  );

  test('a run that may not write the folder of a mirror in the state says which folder and why', async () => {
    const folder = dirname(mirror.index);
    chmodSync(folder, 0o500);
    const { code, stderr } = await mirror.longshore('--reconcile');
    chmodSync(folder, 0o700);
    expect(code, stderr).toBe(1);
    expect(stderr).toContain(folder);
    expect(stderr).toContain('EACCES');
    expect([...mirror.inodes()]).toEqual([...objects]);
  });
});

describe.each(['lmdb', 'lowdb'] as const)('an object without a file, engine %s', (engine) => {
  test('P4: the run that rebuilds a lost ledger keeps it, and the next run deletes it', async () => {
    const mirror = openLocalMirror('', { index: engine, unprivileged: true });
    for (const name of ['kept', 'gone']) mirror.write(name, name);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    rmSync(join(mirror.source, 'gone'));
    truncateSync(mirror.ledger, 20);
    const healing = await mirror.longshore('--reconcile');
    expect(healing.stderr).toContain('state rebuilt');
    expect([...mirror.inodes().keys()].sort()).toEqual(['gone', 'kept']);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    expect([...mirror.inodes().keys()]).toEqual(['kept']);
  });

  test('P4: a run after the index was lost counts it as extraneous, and keeps it', async () => {
    const mirror = openLocalMirror('', { index: engine, unprivileged: true });
    for (const name of ['kept', 'gone']) mirror.write(name, name);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    rmSync(join(mirror.source, 'gone'));
    truncateSync(mirror.index, 20);
    for (let run = 0; run < 2; run += 1)
      expect((await mirror.longshore('--reconcile')).code).toBe(0);
    expect([...mirror.inodes().keys()].sort()).toEqual(['gone', 'kept']);
  });
});
