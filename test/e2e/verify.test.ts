import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../world/eventually.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, type Finished, summaryOf } from '../world/program.js';

const NAMES = ['a', 'b', 'folder/c', 'folder/d'];

async function openMirrored(mirrorLines = ''): Promise<LocalMirror> {
  const mirror = openLocalMirror(mirrorLines);
  for (const name of NAMES) mirror.write(name, `content of ${name}`);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  return mirror;
}

const verdictsOf = (done: Finished) =>
  Object.fromEntries(
    eventsOf(done)
      .filter(({ event }) => event === 'object')
      .map(({ name, verdict }) => [name, verdict]),
  );

function linesOf(mirror: LocalMirror, file: string): Record<string, unknown>[] {
  return readFileSync(join(mirror.folder, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function flipBit(path: string): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
  writeFileSync(path, bytes);
}

test('P2: verify proves every object of a sound mirror, and its report has a line for each', async () => {
  const mirror = await openMirrored();
  const done = await mirror.longshore(
    ...['verify', 'documents', '--read-back', 'all', '--report', 'report.jsonl'],
  );
  expect([done.code, done.stderr]).toEqual([0, '']);
  expect(done.stdout).toBe(
    'documents: 4 objects (62 B) compared, 4 read back and proven (62 B), nothing is wrong\n',
  );
  expect(
    linesOf(mirror, 'report.jsonl')
      .map(({ name, size, verdict, proof }) => [name, size, verdict, proof])
      .sort(),
  ).toEqual(NAMES.map((name) => [name, 11 + name.length, 'proven', 'index']));
});

test('P2: verify names each object that is missing, changed, cut short or not ours, and ends with 5', async () => {
  const mirror = await openMirrored('    extraneous: report');
  const at = (name: string) => join(mirror.container, name);
  flipBit(at('a'));
  rmSync(at('b'));
  truncateSync(at('folder/c'), 3);
  writeFileSync(at('folder/other'), 'not ours');
  const done = await mirror.longshore('verify', 'documents', '--read-back', 'none', '--json');
  expect(done.code).toBe(5);
  expect(verdictsOf(done)).toEqual({
    a: 'changed',
    b: 'missing',
    'folder/c': 'wrong-size',
    'folder/other': 'extraneous',
  });
  expect(summaryOf(done)).toMatchObject({ objects: 4, missing: 1, changed: 1, proven: 0 });
  const text = await mirror.longshore('verify', 'documents');
  expect(text.stdout).toContain('missing: b\n');
  expect(mirror.objects(), 'it changes nothing').not.toContain('b');
});

test('verify counts an object that the mirror keeps although it has no file, and finds nothing wrong', async () => {
  const mirror = await openMirrored();
  writeFileSync(join(mirror.container, 'other'), 'not ours');
  const done = await mirror.longshore('verify', 'documents', '--json');
  expect(done.code).toBe(0);
  expect(summaryOf(done)).toMatchObject({ objects: 5, extraneous: 1 });
});

test('verify reads what has the oldest proof, so that shares of a quarter prove everything in four runs', async () => {
  const mirror = await openMirrored();
  const proven: unknown[] = [];
  for (let run = 0; run < 4; run++) {
    const report = `report-${run}.jsonl`;
    const args = ['verify', 'documents', '--read-back', '25%', '--report', report];
    expect((await mirror.longshore(...args)).code).toBe(0);
    const lines = linesOf(mirror, report);
    expect(lines).toHaveLength(4);
    proven.push(...lines.flatMap(({ name, verdict }) => (verdict === 'proven' ? [name] : [])));
  }
  expect(proven).toEqual(NAMES);
});

test('verify works while the daemon mirrors, and takes nothing of its work for damage', async () => {
  const mirror = await openMirrored();
  const daemon = mirror.daemon();
  await eventually(() => expect(daemon.stderr()).toContain('mirroring'));
  let writing = true;
  const writes = (async () => {
    for (let round = 0; writing; round++) {
      mirror.write('a', `content ${round}`);
      mirror.write(`new/${round % 50}`, `content ${round}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (let run = 0; run < 2; run++) {
    const done = await mirror.longshore('verify', 'documents', '--read-back', 'all', '--json');
    expect([done.code, verdictsOf(done)]).toEqual([0, {}]);
  }
  writing = false;
  await writes;
  daemon.kill('SIGTERM');
  await daemon.finished;
});

test('verify without a state takes the digests that the container has, and says what none proves', async () => {
  const mirror = await openMirrored();
  rmSync(mirror.state, { recursive: true });
  writeFileSync(join(mirror.container, 'other'), 'not ours');
  const place = `local:${mirror.container}`;
  const report = ['--read-back', 'all', '--report', 'report.jsonl'];
  const done = await mirror.longshore('verify', place, ...report, '--json');
  expect([done.code, verdictsOf(done)]).toEqual([0, { other: 'unverified' }]);
  expect(summaryOf(done)).toMatchObject({ objects: 5, proven: 4, unverified: 1 });
  const proofs = linesOf(mirror, 'report.jsonl').map(({ name, proof }) => [name, proof]);
  expect(proofs.sort()).toEqual([...NAMES.map((name) => [name, 'checksum']), ['other', undefined]]);
});

test.each(['5', '101%', 'some', '-1%', '1 parsec'])(
  'verify refuses --read-back %s',
  async (share) => {
    const { code, stderr } = await openLocalMirror().longshore(
      ...['verify', 'documents', `--read-back=${share === '5' ? 'five' : share}`],
    );
    expect(code).toBe(2);
    expect(stderr).toContain('--read-back: expected a share such as 5%');
  },
);
