import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { systemClock } from '../../src/clock.js';
import { openIndex } from '../../src/state/open-index.js';

// What the status page and the metrics cost: npm run bench -- micro page [JOBS] [OBJECTS] [SECONDS]. The built daemon serves the
// page over a mirror to a folder. Measured are: answers of the status while so many files wait; /metrics of a mirror of so many
// objects; the daemon's CPU with and without three open pages, which take turns for so many seconds each; the first paint.
// The answer is a line of JSON; times are milliseconds.
const [, , jobs = '100000', objects = '1000000', seconds = '10'] = process.argv;
const MAIN = fileURLToPath(new URL('../../bundle/main.js', import.meta.url));
const PORT = 17_460;
const ORIGIN = `http://127.0.0.1:${PORT}`;
const clock = systemClock;
const { signal } = new AbortController();

const folder = mkdtempSync(join(tmpdir(), 'longshore-bench-page-'));
const source = join(folder, 'source');
const config = join(folder, 'longshore.yaml');
const state = join(folder, 'state');

function configure(target = ''): void {
  writeFileSync(
    config,
    `state: ${state}
status: { listen: "127.0.0.1:${PORT}" }
targets:
  vault: { driver: local, root: ${folder}/vault, fsync: false${target} }
mirrors:
  - { name: bench, source: ${source}, target: vault, container: c, settle: 20ms }
`,
  );
}

interface Served {
  readonly child: ChildProcess;
  get(path: string): Promise<Response>;
  stop(): Promise<void>;
}

async function serve(): Promise<Served> {
  const child = spawn(process.execPath, [MAIN, '--config', config, 'run'], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.once('exit', (code) => {
    if (code !== null) throw new Error(`the daemon ended with ${code}`);
  });
  const token = () => readFileSync(join(state, 'page-token'), 'utf8').trim();
  const get = (path: string) =>
    fetch(ORIGIN + path, { headers: { authorization: `Bearer ${token()}` } });
  await until(async () => existsSync(join(state, 'page-token')) && (await get('/healthz')).ok);
  return {
    child,
    get,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (;;) {
    if (await condition().catch(() => false)) return;
    await clock.sleep(100, signal);
  }
}

interface Row {
  readonly state: string;
  readonly queued: number;
  readonly objects: number;
}

async function rowOf({ get }: Served): Promise<Row> {
  const { mirrors } = (await (await get('/api/v1/status')).json()) as { mirrors: [Row] };
  return mirrors[0];
}

/** Milliseconds of each of so many answers, one after the other. */
async function answers({ get }: Served, path: string, amount: number): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < amount; at += 1) {
    const beganMs = clock.monotonic();
    await (await get(path)).text();
    times.push(clock.monotonic() - beganMs);
  }
  return times.sort((a, b) => a - b);
}

function summary(sorted: readonly number[]) {
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50: round(at(0.5)), p99: round(at(0.99)), most: round(sorted.at(-1)) };
}

const round = (value = Number.NaN) => Math.round(value * 100) / 100;

/** A target so slow that what a scan finds waits. */
async function whileJobsWait(amount: number) {
  for (let at = 0; at < amount; at += 1) {
    if (at % 1_000 === 0) mkdirSync(join(source, `d${at / 1_000}`), { recursive: true });
    writeFileSync(join(source, `d${Math.floor(at / 1_000)}`, `f${at}`), `content ${at}`);
  }
  configure(', request_rate: 1');
  const served = await serve();
  try {
    await until(async () => (await rowOf(served)).queued > 100);
    await answers(served, '/api/v1/status', 50);
    const status = summary(await answers(served, '/api/v1/status', 500));
    const { queued } = await rowOf(served);
    return { files: amount, queued, status };
  } finally {
    await served.stop();
  }
}

/** Records are put into the index of a stopped daemon; its source is away then, so that nothing is compared or deleted. */
async function ofLargeMirror(amount: number) {
  rmSync(folder, { recursive: true });
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, 'one'), 'one');
  configure();
  const first = await serve();
  await until(async () => (await rowOf(first)).state === 'in-sync');
  await first.stop();
  rmSync(source, { recursive: true });
  const index = await openIndex({ engine: 'lmdb', folder: join(state, 'mirrors', 'bench') });
  for (let start = 0; start < amount; start += 10_000)
    await index.putAll(
      Array.from({ length: Math.min(10_000, amount - start) }, (_, at) => [
        `photos/album ${Math.floor((start + at) / 500)}/IMG_${start + at}.jpg`,
        {
          ...{ state: 'confirmed', kind: 'file', size: 4_096, mtimeNs: 1n, ctimeNs: 2n },
          ...{ inode: BigInt(start + at + 1), mode: 0o644, uid: 1_000, gid: 1_000 },
          ...{ md5: '0'.repeat(32), etag: '"e"', hashedAtMs: 1_763_822_501_000 },
        },
      ]),
    );
  await index.close();
  const served = await serve();
  try {
    await answers(served, '/metrics', 50);
    const metrics = summary(await answers(served, '/metrics', 500));
    const search = summary(await answers(served, '/api/v1/search?q=nothing+of+this', 5));
    const { objects: counted } = await rowOf(served);
    return { objects: counted, metrics, search };
  } finally {
    await served.stop();
  }
}

/** CPU seconds of a process and its threads. */
function cpuOf(pid: number): number {
  const [, after = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = after.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Three pages and a scraper are open and closed in turns, while files are written at a steady rate. */
async function ofPages(turnSeconds: number) {
  rmSync(folder, { recursive: true });
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, 'one'), 'one');
  configure();
  const served = await serve();
  const browser = await launch();
  const turns: { readonly pages: boolean; readonly cpu: number; readonly objects: number }[] = [];
  let isOver = false;
  try {
    await until(async () => (await rowOf(served)).state === 'in-sync');
    const writing = writeSteadily(1_000, () => isOver);
    const context = await signedIn(browser);
    await clock.sleep(5_000, signal);
    for (let turn = 0; turn < 12; turn += 1) {
      const isOpen = turn % 2 === 1;
      const pages = isOpen ? await Promise.all([0, 1, 2].map(() => context.newPage())) : [];
      for (const page of pages) await page.goto(ORIGIN);
      await clock.sleep(1_000, signal);
      const [cpu, before] = [cpuOf(served.child.pid ?? 0), (await rowOf(served)).objects];
      await clock.sleep(turnSeconds * 1_000, signal);
      if (isOpen) await (await served.get('/metrics')).text();
      const [cpuAfter, after] = [cpuOf(served.child.pid ?? 0), (await rowOf(served)).objects];
      turns.push({ pages: isOpen, cpu: cpuAfter - cpu, objects: after - before });
      for (const page of pages) await page.close();
    }
    isOver = true;
    await writing;
    const paints = await firstPaints(context);
    return { cpu: costOf(turns), paint: summary(paints) };
  } finally {
    isOver = true;
    await browser.close();
    await served.stop();
  }
}

function costOf(turns: readonly { pages: boolean; cpu: number; objects: number }[]) {
  const perObject = (pages: boolean) => {
    const own = turns.filter((turn) => turn.pages === pages);
    const objectsDone = own.reduce((sum, { objects: done }) => sum + done, 0);
    return (own.reduce((sum, { cpu }) => sum + cpu, 0) / objectsDone) * 1_000;
  };
  const [without, within] = [perObject(false), perObject(true)];
  return {
    objectsPerTurn: turns.map(({ objects: done }) => done),
    cpuPerTurn: turns.map(({ cpu }) => round(cpu)),
    msPerObject: round(without * 1_000) / 1_000,
    withPages: round(within * 1_000) / 1_000,
    morePercent: round((within / without - 1) * 100),
  };
}

async function writeSteadily(perSecond: number, isOver: () => boolean): Promise<void> {
  const beganMs = clock.monotonic();
  for (let written = 0; !isOver(); ) {
    const due = ((clock.monotonic() - beganMs) / 1_000) * perSecond;
    for (; written < due; written += 1) {
      if (written % 1_000 === 0) mkdirSync(join(source, `n${written / 1_000}`));
      writeFileSync(join(source, `n${Math.floor(written / 1_000)}`, `f${written}`), `c ${written}`);
    }
    await clock.sleep(20, signal);
  }
}

const launch = () =>
  chromium.launch({
    executablePath: process.env['LONGSHORE_CHROMIUM'] ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });

async function signedIn(browser: Awaited<ReturnType<typeof launch>>) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${ORIGIN}/sign-in`);
  await page.getByLabel('Token').fill(readFileSync(join(state, 'page-token'), 'utf8').trim());
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${ORIGIN}/`);
  await page.close();
  return context;
}

async function firstPaints(context: Awaited<ReturnType<typeof signedIn>>): Promise<number[]> {
  const paints: number[] = [];
  for (let at = 0; at < 10; at += 1) {
    const page = await context.newPage();
    await page.goto(ORIGIN);
    await page.waitForFunction('performance.getEntriesByName("first-contentful-paint").length > 0');
    paints.push(
      Number(
        await page.evaluate('performance.getEntriesByName("first-contentful-paint")[0].startTime'),
      ),
    );
    await page.close();
  }
  return paints.sort((a, b) => a - b);
}

try {
  const waiting = await whileJobsWait(Number(jobs));
  const large = await ofLargeMirror(Number(objects));
  console.log(JSON.stringify({ waiting, large, pages: await ofPages(Number(seconds)) }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
