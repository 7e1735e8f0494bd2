import { createHash } from 'node:crypto';
/** Whose files a call is about: those of the mirror's source, of its local target, or of the state folder. */
export type PathClass = 'source' | 'target' | 'state';

/** `short`: half of the bytes are moved. `kill-*`: the process is killed before the call, or after it. Others: the call fails so. */
export type Fault =
  | 'EIO'
  | 'ENOSPC'
  | 'EMFILE'
  | 'ENOMEM'
  | 'ENOLCK'
  | 'short'
  | 'kill-before'
  | 'kill-after';

/** One call of a run, and what becomes of it. */
export interface Point {
  readonly scenario: string;
  readonly pathClass: PathClass;
  /** As test/calls/fault.c names the calls. */
  readonly call: string;
  /** Below the root of its class, as a pattern of fnmatch(3): random parts of names are `*`. */
  readonly path: string;
  /** 1 for the first such call. */
  readonly nth: number;
  readonly fault: Fault;
}

const READING: readonly Fault[] = ['EIO'];
const CHANGING: readonly Fault[] = ['EIO', 'ENOSPC', 'kill-before', 'kill-after'];

/**
 * What each call can meet. A kill beside a call that changes nothing leaves what a kill after the change before it leaves,
 * so only calls that change something are met by kills.
 */
const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  open: ['EIO', 'EMFILE'],
  create: ['EIO', 'ENOSPC', 'EMFILE', 'kill-before', 'kill-after'],
  opendir: ['EIO', 'EMFILE'],
  readdir: READING,
  read: ['EIO', 'short'],
  write: [...CHANGING, 'short'],
  fsync: CHANGING,
  truncate: CHANGING,
  rename: CHANGING,
  link: CHANGING,
  symlink: CHANGING,
  mkdir: CHANGING,
  rmdir: ['EIO', 'kill-before', 'kill-after'],
  unlink: ['EIO', 'kill-before', 'kill-after'],
  chmod: CHANGING,
  utime: CHANGING,
  close: READING,
  stat: READING,
  statfs: READING,
  access: READING,
  readlink: READING,
  realpath: READING,
  mmap: ['ENOMEM'],
  lock: ['ENOLCK'],
  watch: ['ENOSPC'],
};

/** A path with random parts of names as `*`, so that the next run meets the same. */
export function patternOf(path: string): string {
  return path
    .replace(/ \(deleted\)$/, '*')
    .replace(/(^|\/)incoming\/.+$/, '$1incoming/*')
    .replace(/(^|\/)trash\/[^/]+/, '$1trash/*')
    .replace(/[0-9a-f]{8,}(-[0-9a-f]+)*/g, '*')
    .replace(/(^|\/)lock\.[^/]+$/, '$1lock.*');
}

/** All points of a scenario, given the log of a run of it in which nothing failed. */
export function pointsOf(scenario: string, log: string): Point[] {
  const counts = new Map<string, number>();
  for (const line of log.split('\n').filter((each) => each !== '')) {
    const [pathClass, call, path = ''] = line.split('\t');
    const key = `${pathClass}\t${call}\t${patternOf(path)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const points: Point[] = [];
  for (const [key, count] of counts) {
    const [pathClass, call = '', path = ''] = key.split('\t') as [PathClass, string, string];
    for (let nth = 1; nth <= count; nth += 1) {
      for (const fault of FAULTS[call] ?? [])
        points.push({ scenario, pathClass, call, path, nth, fault });
    }
  }
  return points;
}

export function nameOf({ scenario, pathClass, call, path, nth, fault }: Point): string {
  return `${scenario}/${pathClass}/${call}/${path}#${nth}/${fault}`;
}

/** The point of this name; undefined for a text that is none. */
export function pointOf(name: string): Point | undefined {
  const [, scenario = '', pathClass, call = '', path = '', nth, fault] =
    /^([^/]+)\/(source|target|state)\/([a-z]+)\/(.+)#(\d+)\/([^/]+)$/.exec(name) ?? [];
  if (!FAULTS[call]?.includes(fault as Fault)) return undefined;
  return {
    scenario,
    pathClass: pathClass as PathClass,
    call,
    path,
    nth: Number(nth),
    fault: fault as Fault,
  };
}

/**
 * The points in the order in which a run with a limit takes them: each kind of point (scenario, class, call, fault) in
 * turn, so that a short run meets all kinds. One seed gives one order: a point keeps its place when other points come or go.
 */
export function inTurn(points: readonly Point[], seed: number): Point[] {
  const kinds = new Map<string, Point[]>();
  for (const point of points) {
    const key = [point.scenario, point.pathClass, point.call, point.fault].join();
    const kind = kinds.get(key);
    if (kind) kind.push(point);
    else kinds.set(key, [point]);
  }
  const rows = shuffled([...kinds], seed, ([key]) => key).map(([, kind]) =>
    shuffled(kind, seed, nameOf),
  );
  const longest = Math.max(0, ...rows.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) => rows.flatMap((row) => row[at] ?? [])).flat();
}

function shuffled<T>(from: readonly T[], seed: number, nameIn: (each: T) => string): T[] {
  const rank = (each: T) =>
    createHash('md5')
      .update(`${seed} ${nameIn(each)}`)
      .digest('hex');
  return from
    .map((each) => ({ each, at: rank(each) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ each }) => each);
}
