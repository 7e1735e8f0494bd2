import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Node } from '../files.js';
import { md5Of } from '../journal.js';

/** What a restore has to bring back of a file or symbolic link. */
export interface Sighting {
  /** The MD5 of a file's bytes, or `-> TARGET` of a link. */
  readonly content: string;
  /** Microseconds since the epoch: what a restore sets. */
  readonly mtimeUs: bigint;
  /** The nine permission bits; of a link always 0, as the system sets them. */
  readonly mode: number;
}

/** What was at a path from a moment on. Undefined: no file and no link. */
export interface Seen {
  readonly moment: number;
  readonly atMs: number;
  readonly sighting: Sighting | undefined;
}

/** By path, everything that was ever there, in order. Before the first entry there was nothing. */
export type Sightings = ReadonlyMap<string, readonly Seen[]>;

export interface SightingsRecorder {
  readonly sightings: Sightings;
  /** The number of the last change. */
  readonly moment: number;
  /** Notes what is at these paths, which one change has made what they are. */
  note(paths: readonly string[]): void;
}

/** Notes what becomes of the paths below a folder; `nodes` has their contents. */
export function recordSightings(
  root: string,
  nodes: () => ReadonlyMap<string, Node>,
): SightingsRecorder {
  const sightings = new Map<string, Seen[]>();
  const digests = new WeakMap<Buffer, string>();
  let moment = 0;

  function digestOf(bytes: Buffer): string {
    const known = digests.get(bytes) ?? md5Of(bytes);
    digests.set(bytes, known);
    return known;
  }

  return {
    sightings,
    get moment() {
      return moment;
    },
    note(paths) {
      moment += 1;
      const atMs = Date.now();
      for (const path of paths) {
        const node = nodes().get(path);
        const sighting =
          node?.kind === 'file'
            ? seenAt(join(root, path), digestOf(node.bytes))
            : node?.kind === 'link'
              ? seenAt(join(root, path), `-> ${node.to}`)
              : undefined;
        const history = sightings.get(path);
        if (history) history.push({ moment, atMs, sighting });
        else if (sighting) sightings.set(path, [{ moment, atMs, sighting }]);
      }
    },
  };
}

/** The attributes of a file or link whose content is known. */
function seenAt(path: string, content: string): Sighting {
  const { mtimeNs, mode } = lstatSync(path, { bigint: true });
  const isLink = content.startsWith('-> ');
  return { content, mtimeUs: mtimeNs / 1000n, mode: isLink ? 0 : Number(mode & 0o777n) };
}

/** What is below a folder, and what is neither a file nor a link nor a folder with something in it. */
export interface FoundTree {
  readonly found: ReadonlyMap<string, Sighting>;
  readonly others: readonly string[];
}

/** Nothing where the folder is missing. */
export function treeBelow(root: string): FoundTree {
  const found = new Map<string, Sighting>();
  const others: string[] = [];
  const visit = (below: string): void => {
    const entries = readdirSync(join(root, below), { withFileTypes: true });
    if (entries.length === 0 && below !== '') others.push(`${below} (an empty folder)`);
    for (const entry of entries) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      const absolute = join(root, path);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) found.set(path, seenAt(absolute, md5Of(readFileSync(absolute))));
      else if (entry.isSymbolicLink())
        found.set(path, seenAt(absolute, `-> ${readlinkSync(absolute)}`));
      else others.push(path);
    }
  };
  if (existsSync(root)) visit('');
  return { found, others };
}

/** What was at a path at a moment. */
export function seenThen(sightings: Sightings, path: string, moment: number): Sighting | undefined {
  return (sightings.get(path) ?? []).filter((seen) => seen.moment <= moment).at(-1)?.sighting;
}

/** What came to a path after a moment, in order. */
export function seenLater(sightings: Sightings, path: string, moment: number): readonly Seen[] {
  return (sightings.get(path) ?? []).filter((seen) => seen.moment > moment);
}

/** For messages. */
export function describe(sighting: Sighting | undefined): string {
  if (sighting === undefined) return 'nothing';
  const { content, mtimeUs, mode } = sighting;
  return `${content} (${mode.toString(8)}, ${mtimeUs} µs)`;
}

/** All sightings, one a line, for a person who looks into a failure. */
export function storyOf(sightings: Sightings): string {
  return [...sightings]
    .flatMap(([path, history]) => history.map((seen) => ({ path, ...seen })))
    .sort((a, b) => a.moment - b.moment)
    .map(({ path, moment, atMs, sighting }) =>
      [moment, new Date(atMs).toISOString(), JSON.stringify(path), describe(sighting)].join(' '),
    )
    .join('\n');
}
