import type { Point } from './points.js';

/** By object name, the MD5 of its content. */
export type Objects = ReadonlyMap<string, string>;

/** How a run of the program ended, with what it printed. */
export interface Ending {
  /** Exit code, or the name of the signal that ended it. */
  readonly code: number | string;
  readonly stderr: string;
}

/** What was seen of a run that met a fault, and of the one after it that met none. */
export interface Observed {
  readonly point: Point | undefined;
  /** Undefined: it did not end in time. */
  readonly faulty: Ending | undefined;
  /** Of a daemon: it ended before it was asked to. */
  readonly endedByItself: boolean;
  /** What the container should hold, and held when the changes began. */
  readonly expected: Objects;
  readonly before: Objects;
  /** After the run with the fault. */
  readonly after: Objects;
  /** Of a daemon: how long the container differed from the source while it said that they were equal, in milliseconds. */
  readonly flatteredMs: number;
  /** Of a daemon: the container became equal to the source while it ran. */
  readonly healed: boolean;
  readonly second: Ending | undefined;
  readonly atEnd: Objects;
  /** What should not be in the state folder or the target at the end, or is missing there. */
  readonly leftovers: readonly string[];
}

const OUR_LINE =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warn|info|debug) \S|longshore: (?!a fault )| {2}(?! *at ))/;
/** LMDB's native code prints this itself when a write of the index fails. The process then ends in order: it says so in the log. */
const LMDB_LINE = /^(Write error: [^"]*, size \d+$|mdb_page_)/;
/** How long a daemon may be unaware of a change that its watches have not reported. */
const UNAWARE_MS = 1_500;

/** What longshore promised and did not keep, in words; empty when all is well. */
export function violationsOf(seen: Observed): string[] {
  const { faulty, second } = seen;
  const found = [
    ...(faulty
      ? [...endingOf(faulty, seen), ...strangeLines(faulty, isFailedIndexWrite(seen))]
      : ['hang: the run with the fault did not end']),
  ];
  found.push(
    ...tornObjects(seen),
    ...lostContents(seen),
    ...settingsAside(faulty),
    ...daemonFaults(seen),
  );
  if (!second) return [...found, 'hang: the second run did not end'];
  if (second.code !== 0) found.push(`second run: ended with ${second.code}`);
  found.push(
    ...strangeLines(second).map((line) => `second run: ${line}`),
    ...settingsAside(second),
  );
  found.push(
    ...differences(seen.expected, seen.atEnd).map((line) => `second run: not equal: ${line}`),
  );
  return [...found, ...seen.leftovers.map((line) => `leftover: ${line}`)];
}

function endingOf({ code }: Ending, { point, expected, after, endedByItself }: Observed): string[] {
  if (code === 'SIGKILL' && point?.fault.startsWith('kill')) return [];
  if (typeof code === 'string') return [`crash: ${code}`];
  if (code === 0 && !endedByItself) {
    return differences(expected, after).map((line) => `false success: exit 0, but ${line}`);
  }
  // 1: could not go on; 3: objects failed, which it says; 6: the target has no room.
  const codes =
    point?.pathClass === 'target' && point.fault === 'ENOSPC' ? [0, 1, 3, 6] : [0, 1, 3];
  return codes.includes(code) ? [] : [`exit code ${code}`];
}

/** A daemon may end because its state fails; a target or a source that fails once, it outlives. */
function daemonFaults({
  point,
  faulty,
  endedByItself,
  flatteredMs,
  healed,
  expected,
  after,
}: Observed): string[] {
  const found =
    flatteredMs > UNAWARE_MS
      ? [`flattered: in-sync for ${flatteredMs} ms while the container differed`]
      : [];
  if (!endedByItself && healed) return found;
  if (!endedByItself) {
    const left = differences(expected, after);
    return [
      ...found,
      `not healed: ${left.length > 0 ? left.join('; ') : 'equal, but the daemon does not say in-sync with a lag of 0'}`,
    ];
  }
  if (faulty?.code === 'SIGKILL' || typeof faulty?.code === 'string') return found;
  if (point?.pathClass !== 'state') found.push(`the daemon ended by itself, with ${faulty?.code}`);
  else if (
    !/^\S+ error /m.test(faulty?.stderr ?? '') &&
    !/^longshore: /m.test(faulty?.stderr ?? '')
  ) {
    found.push('the daemon ended by itself without a word');
  }
  return found;
}

function isFailedIndexWrite({ point, faulty }: Observed): boolean {
  return (
    point?.pathClass === 'state' &&
    point.call === 'write' &&
    point.path.includes('.mdb') &&
    faulty?.code === 1
  );
}

/** Nothing but the log goes to stderr. */
function strangeLines({ stderr }: Ending, mayBeLmdb = false): string[] {
  const isOurs = (line: string) => OUR_LINE.test(line) || (mayBeLmdb && LMDB_LINE.test(line));
  const strange = stderr.split('\n').filter((line) => line !== '' && !isOurs(line));
  return strange.length > 0 ? [`stderr: ${JSON.stringify(strange.slice(0, 3).join('\n'))}`] : [];
}

/** Each object is as its file was before the changes, or after them. */
function tornObjects({ before, expected, after }: Observed): string[] {
  return [...after]
    .filter(([name, md5]) => before.get(name) !== md5 && expected.get(name) !== md5)
    .map(([name, md5]) => `torn: ${name} holds ${md5}, which its file never was`);
}

/** What the source has and the container had is still in the container, under whatever name. */
function lostContents({ before, expected, after }: Observed): string[] {
  const had = new Set(before.values());
  const has = new Set(after.values());
  return [...expected]
    .filter(([, md5]) => had.has(md5) && !has.has(md5))
    .map(([name]) => `content lost: that of ${name} is nowhere`);
}

/** A call that fails leaves the index sound: setting it aside would keep objects whose files are deleted. */
function settingsAside(ending: Ending | undefined): string[] {
  const line = ending?.stderr
    .split('\n')
    .find((each) => /set aside|setAside|state is damaged|is damaged/.test(each));
  return line === undefined ? [] : [`set aside: ${line}`];
}

function differences(expected: Objects, found: Objects): string[] {
  const names = new Set([...expected.keys(), ...found.keys()]);
  return [...names]
    .filter((name) => expected.get(name) !== found.get(name))
    .map(
      (name) =>
        `${name}: source ${expected.get(name) ?? 'nothing'}, container ${found.get(name) ?? 'nothing'}`,
    );
}
