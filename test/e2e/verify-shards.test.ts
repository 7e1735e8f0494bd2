import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { freePort } from '../browser/served-mirror.js';
import { eventually } from '../world/eventually.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { type Finished, summaryOf } from '../world/program.js';
import { flipBit } from '../world/tree.js';

const SNAPSHOT = '    index_snapshot: 1h\n';
const BY_SHARDS = `${SNAPSHOT}    verify: { within: 30d, by: shards }\n`;
const FILES = 12;
const NAMES = Array.from({ length: FILES }, (_, at) => `folder/${String(at).padStart(2, '0')}`);

async function openMirrored(lines = SNAPSHOT): Promise<LocalMirror> {
  const mirror = openLocalMirror(lines);
  for (const name of NAMES) mirror.write(name, `content of ${name}`);
  const done = await mirror.longshore('reconcile');
  expect(done.code, done.stderr).toBe(0);
  return mirror;
}

/** Names of the reports that wait in the container. */
function reportsIn({ container }: LocalMirror): string[] {
  const folder = join(container, '.longshore/verified');
  return existsSync(folder) ? readdirSync(folder) : [];
}

const linesOf = (compressed: Buffer) =>
  gunzipSync(compressed)
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

function linesIn(mirror: LocalMirror): Record<string, unknown>[] {
  return reportsIn(mirror).flatMap((name) =>
    linesOf(readFileSync(join(mirror.container, '.longshore/verified', name))),
  );
}

/** From a folder without configuration, as on another machine. */
const verifyElsewhere = (mirror: LocalMirror, ...args: string[]): Promise<Finished> =>
  mirror.longshore('verify', `local:${mirror.container}`, ...args);

async function statusOf(mirror: LocalMirror): Promise<Record<string, unknown>> {
  const done = await mirror.longshore('status', '--json');
  const { mirrors } = JSON.parse(done.stdout) as { mirrors: Record<string, unknown>[] };
  return mirrors[0] ?? {};
}

/** Starts the daemon, and waits until it says so often that a report is in the index. */
async function collectedBy(mirror: LocalMirror, reports: number) {
  const daemon = mirror.daemon();
  await eventually(() =>
    expect(daemon.stderr().split('verify report collected').length - 1).toBe(reports),
  );
  return daemon;
}

test('P2: verify --shard: all shards together prove each object once, and leave a line for each', async () => {
  const mirror = await openMirrored();
  for (let number = 1; number <= 5; number += 1) {
    const done = await verifyElsewhere(mirror, '--shard', `${number}/5`, '--json');
    expect(done.code, done.stderr).toBe(0);
    expect(summaryOf(done)).toMatchObject({ shard: `${number}/5`, damaged: 0, gone: 0 });
    expect(summaryOf(done)['proven']).toBeGreaterThan(1);
  }
  const lines = linesIn(mirror);
  expect(lines.flatMap(({ name }) => name ?? []).sort()).toEqual(NAMES);
  expect(lines.filter(({ name }) => name).map(({ outcome }) => outcome)).toEqual(
    NAMES.map(() => 'proven'),
  );
  expect(mirror.objects(), 'no object of the mirror is touched').toEqual(NAMES);
});

test('P2: the daemon records what shards have proven, in status and metrics, and deletes their reports', async () => {
  const mirror = await openMirrored(BY_SHARDS);
  const port = await freePort();
  const file = join(mirror.folder, 'longshore.yaml');
  writeFileSync(file, `metrics: { listen: "127.0.0.1:${port}" }\n${readFileSync(file, 'utf8')}`);
  const before = Date.now();
  for (const shard of ['1/2', '2/2', '2/2', '1/3'])
    expect((await verifyElsewhere(mirror, '--shard', shard)).code).toBe(0);
  expect(reportsIn(mirror)).toHaveLength(4);
  const daemon = await collectedBy(mirror, 4);
  await eventually(async () =>
    expect(await statusOf(mirror)).toMatchObject({
      verify: { proofs: { objects: FILES, verifiedObjects: FILES, neverVerified: 0 } },
      health: { verified: { share: 1, neverVerified: 0 } },
      lastReport: { proven: expect.any(Number), doubtful: 0, ignored: 0 },
      damaged: [],
    }),
  );
  const { verify } = (await statusOf(mirror)) as { verify: { proofs: { oldestProofMs: number } } };
  expect(verify.proofs.oldestProofMs).toBeGreaterThanOrEqual(before);
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const of = (name: string) =>
    Number(
      new RegExp(`^longshore_verify_${name}{mirror="documents"} (.*)$`, 'm').exec(metrics)?.[1],
    );
  expect(of('share_ratio')).toBe(1);
  expect(of('never_verified_objects')).toBe(0);
  expect(of('damaged_objects')).toBe(0);
  expect(of('oldest_proof_timestamp_seconds')).toBeCloseTo(verify.proofs.oldestProofMs / 1000, 2);
  await eventually(() => expect(reportsIn(mirror)).toEqual([]));
  const shown = await mirror.longshore('status', 'documents');
  expect(shown.stdout).toMatch(/verified +100 % of 12 objects within 30/);
  expect(shown.stdout).toMatch(/report +shard \d\/\d by \S+, taken in .* ago: \d+ objects? proven/);
  daemon.kill('SIGTERM');
  await daemon.finished;
});

test('verify --shard --report: import-report puts it into the container, and a reconcile takes it in', async () => {
  const mirror = await openMirrored(BY_SHARDS);
  const done = await verifyElsewhere(mirror, '--shard', '1/1', '--report', 'report.gz');
  expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('import-report')]);
  expect(reportsIn(mirror), 'the container is not written to').toEqual([]);
  const imported = await mirror.longshore('import-report', 'documents', 'report.gz');
  expect([imported.code, imported.stdout]).toEqual([
    0,
    expect.stringContaining('1 report of 12 objects put into documents/'),
  ]);
  const reconciled = await mirror.longshore('reconcile');
  expect([reconciled.code, reconciled.stderr]).toEqual([
    0,
    expect.stringMatching(/verify report collected .*shard=1\/1 proven=12 doubtful=0 ignored=0/),
  ]);
  expect(reportsIn(mirror)).toEqual([]);
});

test('verify --shard: a report that the container refuses is kept in a file, which import-report takes', async () => {
  const mirror = await openMirrored();
  const own = join(mirror.container, '.longshore');
  writeFileSync(join(own, 'verified'), 'no folder can be made here');
  const done = await verifyElsewhere(mirror, '--shard', '1/1');
  expect(done.code, done.stderr).toBe(3);
  const [file = ''] = readdirSync(mirror.folder).filter((name) => name.endsWith('.gz'));
  expect(done.stderr).toContain(`longshore import-report`);
  expect(linesOf(readFileSync(join(mirror.folder, file)))).toHaveLength(FILES + 2);
  rmSync(join(own, 'verified'));
  const imported = await mirror.longshore('import-report', 'documents', file);
  expect([imported.code, imported.stdout]).toEqual([
    0,
    expect.stringContaining('1 report of 12 objects put into documents/'),
  ]);
  expect(linesIn(mirror)).toHaveLength(FILES + 2);
});

test('import-report refuses what is torn, no report, or of another mirror', async () => {
  const mirror = await openMirrored();
  await verifyElsewhere(mirror, '--shard', '1/1', '--report', 'report.gz');
  const path = join(mirror.folder, 'report.gz');
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, whole.byteLength - 40));
  const torn = await mirror.longshore('import-report', 'documents', 'report.gz');
  expect([torn.code, torn.stderr]).toEqual([2, expect.stringContaining('report.gz')]);
  writeFileSync(path, 'plain text');
  expect((await mirror.longshore('import-report', 'documents', 'report.gz')).code).toBe(2);
  writeFileSync(path, whole);
  const config = readFileSync(join(mirror.folder, 'longshore.yaml'), 'utf8');
  const renamed = config.replace('container: documents', 'container: others');
  writeFileSync(join(mirror.folder, 'longshore.yaml'), renamed);
  const foreign = await mirror.longshore('import-report', 'documents', 'report.gz');
  expect([foreign.code, foreign.stderr]).toEqual([
    2,
    expect.stringContaining('is of another place, documents/'),
  ]);
  expect(reportsIn(mirror)).toEqual([]);
});

test('P2: a report that is damaged is not believed, and stays for a person to look at', async () => {
  const mirror = await openMirrored(BY_SHARDS);
  expect((await verifyElsewhere(mirror, '--shard', '1/1')).code).toBe(0);
  const [name = ''] = reportsIn(mirror);
  flipBit(join(mirror.container, '.longshore/verified', name), 60);
  const done = await mirror.longshore('reconcile');
  expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('verify report not used')]);
  expect(reportsIn(mirror)).toEqual([name]);
  const daemon = mirror.daemon();
  await eventually(async () =>
    expect(await statusOf(mirror)).toMatchObject({
      verify: { proofs: { verifiedObjects: 0, neverVerified: FILES } },
      lastReport: null,
    }),
  );
  daemon.kill('SIGTERM');
  await daemon.finished;
});

test('verify --shard says what is missing or wrong about it', async () => {
  const mirror = openLocalMirror();
  mirror.write('a');
  await mirror.longshore('reconcile');
  const without = await mirror.longshore('verify', 'documents', '--shard', '1/2');
  expect([without.code, without.stderr]).toEqual([
    1,
    expect.stringMatching(/no index snapshot in documents\/ .*index_snapshot: 24h/),
  ]);
  for (const shard of ['0/2', '3/2', '2', 'a/b', '1/1001'])
    expect((await mirror.longshore('verify', 'documents', '--shard', shard)).code, shard).toBe(2);
  const two = await mirror.longshore('verify', 'documents', 'documents', '--shard', '1/2');
  expect([two.code, two.stderr]).toEqual([2, expect.stringContaining('name one')]);
  const daemon = await mirror.longshore('verify', 'documents', '--daemon', '--shard', '1/2');
  expect(daemon.code).toBe(2);
});

test('verify --shard: more shards than objects are as good as fewer', async () => {
  const mirror = await openMirrored();
  const proven: unknown[] = [];
  for (const number of [1, 2, 30, 40]) {
    const done = await verifyElsewhere(mirror, '--shard', `${number}/40`, '--json');
    expect(done.code, done.stderr).toBe(0);
    proven.push(summaryOf(done)['proven']);
  }
  expect(proven.every((count) => count === 0 || count === 1)).toBe(true);
});
