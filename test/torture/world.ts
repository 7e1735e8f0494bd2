import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FAILPOINTS, type Failpoint } from '../../src/failpoint.js';
import type { IndexLocation } from '../../src/state/object-index.js';
import { type Program, run, start } from '../world/program.js';
import { seeded } from '../world/tree.js';
import { type Note, ORDERS, type Orders } from './armed/orders.js';
import { nowNs } from './journal.js';
import { localTarget } from './local-target.js';
import { createOversight } from './oversight.js';
import { createPerson } from './person.js';
import { s3Target } from './s3-target.js';
import { swiftTarget } from './swift-target.js';
import { isOwn, type TortureTarget } from './target.js';
import { createTree, type Tree } from './tree.js';
import {
  containerDifferences,
  indexDifferences,
  orphanUploads,
  stateLeftovers,
  tornObjects,
} from './verify.js';

const PROGRAM = fileURLToPath(new URL('../../torture/main.js', import.meta.url));

/** What came of it so far, over all worlds. */
export interface Figures {
  /** Daemons that were started and ended by SIGKILL. */
  kills: number;
  /** Daemons that were asked to stop, and did. */
  stops: number;
  quiets: number;
  changes: number;
  faults: number;
  deletes: number;
  objects: number;
  fullDisks: number;
  losses: number;
  /** Daemons that ended because they met damage in their index. */
  damagesMet: number;
  /** Answers of daemons about their state and lag that were held against the container's history. */
  samples: number;
  /** Approvals, rejections, and rejections that were taken back. */
  decisions: number;
  readonly reached: Set<Failpoint>;
  readonly killedAt: Map<Failpoint, number>;
}

export function noFigures(): Figures {
  const counts = {
    kills: 0,
    stops: 0,
    quiets: 0,
    changes: 0,
    faults: 0,
    deletes: 0,
    objects: 0,
    fullDisks: 0,
    losses: 0,
    decisions: 0,
    damagesMet: 0,
    samples: 0,
  };
  return { ...counts, reached: new Set(), killedAt: new Map() };
}

/** Something that longshore promises did not hold. */
export class TortureFailure extends Error {
  override readonly name = 'TortureFailure';
}

export const DRIVERS = ['local', 's3', 'swift'] as const;
type Driver = (typeof DRIVERS)[number];

/** Whether a mirror on such a target can come to the point at all. */
export function leadsTo(driver: Driver, point: Failpoint): boolean {
  if (point.startsWith('parts:')) return driver !== 'local';
  return driver === 'local' || !(point.startsWith('local:') || point.includes('room made'));
}

export interface WorldOptions {
  /** Empty; everything of this world is in it. */
  readonly folder: string;
  readonly seed: number;
  readonly driver: Driver;
  readonly figures: Figures;
  /** Between daemons: whether time is up. */
  readonly isOver: () => boolean;
}

/** Settings of the mirror's guard: nothing is held, masses are, or already what a person does on a usual day. */
const GUARDS = {
  off: 'off',
  usual: '{}',
  tight: '{ count: 10, percentage: 5%, at_least: 5, window: 1m }',
} as const;
const WATCH = ['chokidar', 'directories', 'scan'] as const;
/** How long a daemon may not know yet of a change on a busy machine, beside its settle time. */
const UNAWARE_MS = 1_500;
const RESCAN_MS = 1_000;
/** How long a daemon that nothing disturbs may take to make everything equal. */
const PATIENCE_MS = 240_000;
/** After so much of it another daemon need not wait for what this one is uncertain of. */
const UNCERTAIN_MS = 30_000;
/** Between changes that make the rest of the fault script happen. */
const PROVOKE_MS = 1_000;
const STOP_MS = 60_000;
/** A daemon that is stopped while it knows of work ends with it. */
const WORK_DROPPED = 143;
/** So many daemons in a row may be about some work again when all is equal. */
const MOST_DROPS = 10;
/** The share of daemons to which nothing happens, how long they are left in peace at a time, and their calls a second to a slow target. */
const LINGERS = 0.15;
const REST_MS = 4_000;
const SLOW_RATE = 8;
/** How a daemon ends that meets damage in its index: by itself, or in LMDB's code. */
const DAMAGE_MET: readonly (number | string)[] = [
  1,
  'SIGABRT',
  'SIGSEGV',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
];

/** One mirror, its source, its target and its daemons, one after another: `lives` that are killed, then a quiet in which all must come right. */
export async function torture(options: WorldOptions): Promise<void> {
  const { folder, seed, driver, figures, isOver } = options;
  const random = seeded(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const links = pick(['skip', 'preserve'] as const);
  const losesEvents = random() < 0.4;
  const losesState = random() < 0.4;
  const clockJumps = random() < 0.4;
  const watch = pick(WATCH);
  const changesEngine = random() < 0.3;
  const deletes = pick(['mirror', 'mirror', 'trash'] as const);
  const guard = pick(['off', 'usual', 'tight', 'tight'] as const);
  const source = join(folder, 'source');
  const disk = join(folder, 'disk');
  const log = join(folder, 'log');
  const configFile = join(folder, 'longshore.yaml');
  for (const path of [source, disk]) mkdirSync(path);
  const mounted =
    driver === 'local' &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'none', disk]).status === 0;
  const state = join(disk, 'state');
  const target = await openTarget();
  const tree: Tree = createTree({ root: source, links, random });
  const oversight = createOversight({
    tree,
    target,
    stateFolder: state,
    isFileSystem: driver === 'local',
    losesState,
    losesEvents,
    clockJumps,
    settleMs: watch === 'scan' ? UNAWARE_MS + RESCAN_MS : UNAWARE_MS,
  });
  let slow = false;
  let drops = 0;
  /** When each object was last put, or was found right. */
  const putNs = new Map<string, bigint>();
  let engine: 'lmdb' | 'lowdb' = random() < 0.75 ? 'lmdb' : 'lowdb';
  let readTo = 0;
  let lives = 0;
  let spoiled = false;
  /** Indexes that were damaged and that no daemon has ended because of: each may end one, and the next start must heal it. */
  let damages = 0;
  const person = createPerson(state);
  /** Uploads that are in no ledger any more. */
  const forgotten = new Set<string>();

  /**
   * Whether longshore cannot know that it began this upload: the ledger that named it was lost, or it was begun while
   * the clock was wrong, and ended before its id was noted.
   */
  function isForgotten(id: string): boolean {
    if (forgotten.has(id)) return true;
    const ledger = join(state, 'mirrors', 'documents', 'ledger.json');
    return clockJumps && !(existsSync(ledger) && readFileSync(ledger, 'utf8').includes(id));
  }

  async function openTarget(): Promise<TortureTarget> {
    if (driver === 'local') return localTarget(join(disk, 'vault'), mounted ? disk : undefined);
    return driver === 's3' ? s3Target() : swiftTarget();
  }

  function writeConfig(): void {
    const timers = losesEvents ? 'rescan: 1s' : 'rescan: 0';
    const text = `state: ${state}
log: { level: debug }
drain: 20s
targets:
  vault: ${slow ? target.settings.replace(/ }$/, `, request_rate: ${SLOW_RATE} }`) : target.settings}
mirrors:
  - name: documents
    source: ${source}
    target: vault
    container: documents
    settle: 20ms
    settle_limit: 200ms
    watch: ${watch}
    ${watch === 'scan' ? 'rescan: 1s' : timers}
    reconcile: ${losesState || driver !== 'local' ? '2s' : '0'}
    extraneous: ${losesState ? 'delete' : 'keep'}
    symlinks: ${links}
    index: ${engine}
    deletes: ${deletes}
    lease: ${losesState ? '0' : '10m'}
    guard: ${GUARDS[guard]}
`;
    writeFileSync(configFile, text, { mode: 0o600 });
  }

  function fail(what: string, program?: Program): never {
    const about = /^"((?:[^"\\]|\\.)*)"/.exec(what)?.[0];
    const name = about === undefined ? undefined : (JSON.parse(about) as string);
    const history = name === undefined ? tree.journal.lines() : tree.journal.lines(name);
    const story = [
      what,
      `world: seed ${seed}, ${driver}, links ${links}, watch ${watch}, index ${engine}, ${lives} lives`,
      `  events lost: ${losesEvents}, state lost: ${losesState}, clock jumps: ${clockJumps}, engines change: ${changesEngine}, deletes: ${deletes}, guard: ${guard}`,
      `kept: ${folder}`,
      `the last changes${name === undefined ? '' : ` of ${name}`}:`,
      ...history.slice(-30).map((line) => `  ${line}`),
      ...(program ? ['the daemon said:', ...program.stderr().trim().split('\n').slice(-40)] : []),
    ];
    if (program) writeFileSync(join(folder, 'stderr'), program.stderr());
    writeFileSync(join(folder, 'journal'), `${tree.journal.lines().join('\n')}\n`);
    throw new TortureFailure(story.join('\n'));
  }

  function startDaemon(orders: Partial<Orders>): Program {
    writeConfig();
    const given: Orders = {
      seed: Math.floor(random() * 2 ** 31),
      log,
      clockJumps,
      lostEvents: losesEvents ? 0.5 : 0,
      faults: target.ordered,
      ...orders,
    };
    const env = { [ORDERS]: JSON.stringify(given) };
    // A damaged index can make LMDB say something of its own before it ends the process.
    const program = start(['--config', configFile, 'run'], {
      cwd: folder,
      main: PROGRAM,
      env,
      keepsStrayLines: losesState,
    });
    oversight.sample(program);
    return program;
  }

  /** Reads what the daemons have noted, and judges each delete by what was there. */
  function judge(program: Program): void {
    if (!existsSync(log)) return;
    const bytes = readFileSync(log);
    const complete = bytes.subarray(readTo, bytes.lastIndexOf(10) + 1).toString();
    readTo = bytes.lastIndexOf(10) + 1;
    const notes: Note[] = [];
    const begun = new Map<string, bigint>();
    const judgeDelete = (name: string, toNs: bigint) => {
      if (isOwn(name)) return;
      const sinceNs = putNs.get(name) ?? 0n;
      figures.deletes += 1;
      if (!tree.journal.wasAbsent(name, sinceNs, toNs)) {
        fail(
          `${JSON.stringify(name)} was deleted between ${begun.get(name)} and ${toNs}, and its file was there ever since ${sinceNs}`,
          program,
        );
      }
    };
    for (const line of complete.split('\n').filter((each) => each !== '')) {
      const said = JSON.parse(line) as Note;
      notes.push(said);
      if (said.note === 'reached') figures.reached.add(said.point);
      else if (said.note === 'killed')
        figures.killedAt.set(said.point, (figures.killedAt.get(said.point) ?? 0) + 1);
      else if (said.note === 'fault') target.met(said.id);
      else if (said.what === 'put') {
        if (said.note === 'begun')
          for (const name of said.names) putNs.set(name, BigInt(said.atNs));
      } else if (said.note === 'begun')
        for (const name of said.names) begun.set(name, BigInt(said.atNs));
      else
        for (const name of said.names) {
          judgeDelete(name, BigInt(said.atNs));
          begun.delete(name);
        }
    }
    // Cut short by the end of the daemon: they may have been done.
    for (const name of begun.keys()) judgeDelete(name, nowNs());
    target.read(notes);
    for (const found of oversight.violations()) fail(found, program);
  }

  /** Resolves when the daemon mirrors, or has ended. */
  async function watching(program: Program): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (
      !program.stderr().includes(' watching ') &&
      program.child.exitCode === null &&
      program.child.signalCode === null
    ) {
      if (Date.now() > deadline) fail('the daemon does not come to watch', program);
      await delay(10);
    }
  }

  async function changeFor(
    ms: number,
    program: Program,
    point: Failpoint | undefined,
  ): Promise<void> {
    const until = Date.now() + ms;
    while (
      Date.now() < until &&
      program.child.exitCode === null &&
      program.child.signalCode === null
    ) {
      if (random() < 0.02) tree.changeEverything();
      else if (point !== undefined && random() < 0.5) tree.changeToward(point);
      else tree.change();
      await delay(random() * 25);
    }
  }

  function isPossible(point: Failpoint): boolean {
    if (!leadsTo(driver, point)) return false;
    if (point.includes('trash')) return deletes === 'trash';
    return changesEngine || !point.includes('engine');
  }

  function nextPoint(): Failpoint {
    const possible = FAILPOINTS.filter(isPossible);
    const fewest = Math.min(...possible.map((point) => figures.killedAt.get(point) ?? 0));
    return pick(
      random() < 0.5
        ? possible
        : possible.filter((point) => (figures.killedAt.get(point) ?? 0) === fewest),
    );
  }

  /** One daemon that ends before its time. */
  async function live(): Promise<void> {
    lives += 1;
    if (changesEngine && random() < 0.4) engine = engine === 'lmdb' ? 'lowdb' : 'lmdb';
    if (losesState && random() < 0.25) spoilState();
    if (random() < 0.5) target.script(random);
    if (random() < 0.1 && target.fill()) {
      spoiled = true;
      figures.fullDisks += 1;
    }
    const point = random() < 0.6 ? nextPoint() : undefined;
    const program = startDaemon(
      point === undefined ? {} : { kill: { point, hit: 1 + Math.floor(random() ** 3 * 8) } },
    );
    try {
      if (random() < 0.3) await changeFor(random() * 500, program, point);
      else {
        await watching(program);
        const deciding =
          guard !== 'off' && random() < 0.3
            ? person.decide(pick(['approve', 'approve', 'reject', 'undo']))
            : undefined;
        await changeFor(random() * 700 + (point === undefined ? 0 : 700), program, point);
        await deciding;
      }
      if (point?.includes('closed') || random() < 0.1) {
        program.kill('SIGTERM');
        await Promise.race([program.finished, delay(random() * 1_000)]);
      }
      program.kill('SIGKILL');
      const { code } = await program.finished;
      // SIGTERM ends a program that has not come to listen to it.
      if (code === 'SIGKILL') figures.kills += 1;
      else if (code === 0 || code === WORK_DROPPED || code === 'SIGTERM') figures.stops += 1;
      else if (damages > 0 && DAMAGE_MET.includes(code)) meetDamage();
      else if (!(spoiled && code === 1)) fail(`the daemon ended by itself, with ${code}`, program);
    } finally {
      program.kill('SIGKILL');
      await program.finished;
      target.empty();
      spoiled = false;
    }
    judge(program);
    for (const torn of tornObjects(tree, target)) fail(torn, program);
  }

  /** A daemon to which nothing happens while files change and rest; it is killed then. On a slow target much waits meanwhile. */
  async function linger(): Promise<void> {
    lives += 1;
    slow = random() < 0.5;
    const program = startDaemon({ faults: [] });
    try {
      await watching(program);
      for (let rests = 1 + Math.floor(random() * 3); rests > 0; rests -= 1) {
        await changeFor(random() * 1_000, program, undefined);
        await delay(random() * REST_MS);
      }
      program.kill('SIGKILL');
      const { code } = await program.finished;
      if (code === 'SIGKILL') figures.kills += 1;
      else if (damages > 0 && DAMAGE_MET.includes(code)) meetDamage();
      else fail(`the daemon ended by itself, with ${code}`, program);
    } finally {
      slow = false;
      program.kill('SIGKILL');
      await program.finished;
    }
    judge(program);
    for (const torn of tornObjects(tree, target)) fail(torn, program);
  }

  /** What befalls state folders: they are lost, in whole or in part, or damaged. */
  function spoilState(): void {
    figures.losses += 1;
    const mirror = join(state, 'mirrors', 'documents');
    const index = join(mirror, engine === 'lmdb' ? 'index.mdb' : 'index.json');
    const ledger = join(mirror, 'ledger.json');
    const cut = (file: string) =>
      existsSync(file) && truncateSync(file, Math.floor(random() * statSync(file).size));
    const flip = (file: string) => {
      if (!existsSync(file)) return;
      const bytes = readFileSync(file);
      const at = Math.floor(random() * bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      writeFileSync(file, bytes);
    };
    const spoil = pick([
      { of: 'ledger', do: () => rmSync(state, { recursive: true, force: true }) },
      { of: 'ledger', do: () => rmSync(mirror, { recursive: true, force: true }) },
      { of: 'ledger', do: () => rmSync(ledger, { force: true }) },
      { of: 'ledger', do: () => cut(ledger) },
      { of: 'ledger', do: () => flip(ledger) },
      { of: 'index', do: () => rmSync(index, { force: true }) },
      { of: 'index', do: () => cut(index) },
      { of: 'index', do: () => flip(index) },
    ]);
    spoil.do();
    if (spoil.of === 'index') damages += 1;
    if (spoil.of === 'ledger') for (const upload of target.uploads().keys()) forgotten.add(upload);
  }

  function meetDamage(): void {
    damages -= 1;
    figures.damagesMet += 1;
  }

  /** Nothing is killed and nothing new goes wrong: everything must become equal, and nothing be left over. */
  async function quiet(): Promise<void> {
    while (!(await becomesEqual()));
    damages = 0;
  }

  /** False: it knew of some work. */
  async function stop(program: Program): Promise<boolean> {
    program.kill('SIGTERM');
    const { code } = await Promise.race([
      program.finished,
      delay(STOP_MS, { code: 'nothing' }, { ref: false }),
    ]);
    if (code !== 0 && code !== WORK_DROPPED)
      fail(`the daemon was asked to stop and ended with ${code}`, program);
    return code === 0;
  }

  /**
   * Only uploads are left whose completion got no answer, so that the daemon does not know whether it may still come
   * through: it aborts them ten minutes later. The next one knows nothing of that, and does not wait.
   */
  function isUncertain(found: readonly string[], program: Program): boolean {
    return (
      found.every((line) => line.startsWith('the unfinished upload ')) &&
      program.stderr().includes('its completion may still come through')
    );
  }

  /** Whatever changes, a daemon asks for its container once: what is left of the script waits for the next one. */
  function onlyAStartMeets({ faultsLeft, ordered }: TortureTarget): boolean {
    return (
      faultsLeft > 0 &&
      faultsLeft === ordered.length &&
      ordered.every(({ operation }) => operation === 'headContainer')
    );
  }

  /** False: another daemon is to go on, as this one met damage that was done before, waits for longer than can be waited here, or has met all that it can. */
  async function becomesEqual(): Promise<boolean> {
    lives += 1;
    const program = startDaemon({});
    try {
      await watching(program);
      for (let count = Math.floor(random() * 20); count > 0; count -= 1) tree.change();
      const location: IndexLocation = { engine, folder: join(state, 'mirrors', 'documents') };
      const differences = async () => [
        ...(target.faultsLeft > 0 ? [`${target.faultsLeft} faults that never happened`] : []),
        ...containerDifferences(tree, source, target),
        ...orphanUploads(tree, target, isForgotten),
        ...(await indexDifferences(tree, location)),
      ];
      const deadline = Date.now() + PATIENCE_MS;
      let provokedAt = 0;
      for (let found = await differences(); found.length > 0; found = await differences()) {
        if (program.child.exitCode !== null || program.child.signalCode !== null) {
          if (damages === 0 || !DAMAGE_MET.includes((await program.finished).code))
            fail('the daemon ended by itself', program);
          meetDamage();
          judge(program);
          return false;
        }
        if (Date.now() > deadline - PATIENCE_MS + UNCERTAIN_MS && isUncertain(found, program)) {
          await stop(program);
          judge(program);
          return false;
        }
        if (found.length === 1 && onlyAStartMeets(target)) {
          await stop(program);
          judge(program);
          return false;
        }
        if (Date.now() > deadline)
          fail(
            `${found[0]}\nafter ${PATIENCE_MS / 1000} s of quiet, and ${found.length - 1} more:\n${found.slice(1, 20).join('\n')}`,
            program,
          );
        if (Date.now() - provokedAt > PROVOKE_MS) {
          if (target.faultsLeft > 0 && !onlyAStartMeets(target)) tree.changeEverything();
          // What was not meant is made good at the end: then everything is.
          if (guard !== 'off') await person.decide(provokedAt === 0 ? 'undo' : 'approve');
          provokedAt = Date.now();
        }
        await delay(100);
        judgeFaults();
      }
      if (!(await stop(program))) {
        judge(program);
        drops += 1;
        if (drops > MOST_DROPS) fail(`${drops} daemons knew of work when all was equal`, program);
        return false;
      }
    } finally {
      program.kill('SIGKILL');
      await program.finished;
    }
    drops = 0;
    judge(program);
    for (const found of [
      ...containerDifferences(tree, source, target),
      ...orphanUploads(tree, target, isForgotten),
      ...target.leftovers(),
      ...stateLeftovers(tree, state),
    ])
      fail(found, program);
    await checkedByProgram(program);
    figures.stops += 1;
    figures.quiets += 1;
    figures.objects += target.objects().size;
    const atNs = nowNs();
    for (const name of tree.expected().keys()) putNs.set(name, atNs);
    return true;
  }

  function judgeFaults(): void {
    for (const line of existsSync(log) ? readFileSync(log, 'utf8').split('\n') : []) {
      if (line.startsWith('{"note":"fault"'))
        target.met((JSON.parse(line) as { readonly id: number }).id);
    }
  }

  /** The program that is shipped finds nothing to do either. */
  async function checkedByProgram(daemon: Program): Promise<void> {
    const { code, stdout, stderr } = await run(
      ['--config', configFile, '--reconcile', '--dry-run', '--json'],
      { cwd: folder },
    );
    const planned = stdout
      .split('\n')
      .filter((line) => line.includes('"event":"planned"') && !line.includes('"refresh"'));
    // 3: objects are kept behind folders that became links.
    if (planned.length > 0 || !(code === 0 || code === 3 || code === 5)) {
      fail(
        `a dry run after the quiet exits with ${code} and plans: ${planned.join('\n')}\n${stderr}`,
        daemon,
      );
    }
  }

  let failed = true;
  try {
    while (!isOver()) {
      for (let count = 5 + Math.floor(random() * 20); count > 0 && !isOver(); count -= 1)
        await (random() < LINGERS ? linger() : live());
      await quiet();
    }
    failed = false;
  } finally {
    figures.changes += tree.changes;
    figures.faults += target.faultsMet;
    figures.samples += oversight.samples;
    figures.decisions += person.decisions;
    await target.close();
    if (!failed && mounted) spawnSync('umount', ['--lazy', disk]);
    if (failed) appendFileSync(join(folder, 'journal'), '');
    else rmSync(folder, { recursive: true, force: true });
  }
}
