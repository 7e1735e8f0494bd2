import { describe, type Sighting, type Sightings, seenLater, seenThen } from './sightings.js';

// What a restored tree must be, given all that ever was in the source. Each rule returns what is wrong, in words.

/** What is judged. */
export interface Restored {
  readonly sightings: Sightings;
  /** The last moment at which the daemon had said that all is in the container. */
  readonly settled: number;
  readonly found: ReadonlyMap<string, Sighting>;
}

/**
 * After the settled moment the container went on to change, so a path that was touched since then may be what it was then or
 * anything that it became: never something that never was. A path that was not touched must be exactly what it was.
 */
export function unlikeSource({ sightings, settled, found }: Restored): string[] {
  return [...new Set([...sightings.keys(), ...found.keys()])].flatMap((path) => {
    const then = seenThen(sightings, path, settled);
    const later = seenLater(sightings, path, settled).map(({ sighting }) => sighting);
    const wrong =
      later.length === 0
        ? unlike(found.get(path), then)
        : unlikeEach(found.get(path), [then, ...later]);
    return wrong === undefined ? [] : [`${JSON.stringify(path)} ${wrong}`];
  });
}

function unlike(is: Sighting | undefined, should: Sighting | undefined): string | undefined {
  return isSame(is, should)
    ? undefined
    : `is ${describe(is)}, and was ${describe(should)} from the settled moment on`;
}

/** Times and modes may be those of another version: a store may take them after the content. */
function unlikeEach(
  is: Sighting | undefined,
  versions: readonly (Sighting | undefined)[],
): string | undefined {
  const were = versions.flatMap((version) => version ?? []);
  const are = `of ${versions.map(describe).join(', ')}`;
  if (is === undefined)
    return were.length < versions.length ? undefined : `is not there, and was always one ${are}`;
  if (!were.some(({ content }) => content === is.content))
    return `has the content ${is.content}, and was one ${are}`;
  if (!were.some(({ mtimeUs }) => mtimeUs === is.mtimeUs))
    return `has the time ${is.mtimeUs} µs, and was one ${are}`;
  if (!were.some(({ mode }) => mode === is.mode))
    return `has the mode ${is.mode.toString(8)}, and was one ${are}`;
  return undefined;
}

/**
 * A content that the source had at the settled moment and ever since then, under whatever names, is in the restored tree under
 * some name. `mayClash`: paths that cannot be there beside others; what was at such paths is not judged.
 */
export function lostContents(
  { sightings, settled, found }: Restored,
  mayClash: (path: string) => boolean,
): string[] {
  const restored = new Set([...found.values()].map(({ content }) => content));
  return [...heldSince(sightings, settled)].flatMap(([content, paths]) =>
    restored.has(content) || paths.some(mayClash)
      ? []
      : [`${JSON.stringify(paths.at(-1))} has ${content} in the source, which is nowhere`],
  );
}

/** Contents of files that the source had at a moment and at each one since, with the paths that have had them. */
function heldSince(sightings: Sightings, settled: number): ReadonlyMap<string, readonly string[]> {
  const held = new Map<string, Set<string>>();
  const pathsOf = new Map<string, string[]>();
  const changes = new Map<number, (readonly [path: string, content: string | undefined])[]>();
  const at = new Map<string, string>();
  const put = (path: string, content: string | undefined) => {
    const before = at.get(path);
    if (before !== undefined) held.get(before)?.delete(path);
    at.delete(path);
    if (content === undefined) return;
    at.set(path, content);
    held.set(content, (held.get(content) ?? new Set()).add(path));
    pathsOf.set(content, [...(pathsOf.get(content) ?? []), path]);
  };
  const fileAt = (sighting: Sighting | undefined) =>
    sighting?.content.startsWith('-> ') ? undefined : sighting?.content;
  for (const path of sightings.keys()) {
    put(path, fileAt(seenThen(sightings, path, settled)));
    for (const { moment, sighting } of seenLater(sightings, path, settled))
      changes.set(moment, [...(changes.get(moment) ?? []), [path, fileAt(sighting)]]);
  }
  const ever = new Set(held.keys());
  for (const moment of [...changes.keys()].sort((a, b) => a - b)) {
    for (const [path, content] of changes.get(moment) ?? []) put(path, content);
    for (const content of ever) if (held.get(content)?.size === 0) ever.delete(content);
  }
  return new Map([...ever].map((content) => [content, pathsOf.get(content) ?? []]));
}

/** What a container keeps of the past, beside what it holds. */
export interface Past {
  readonly versions: boolean;
  /** Whether each state has times and modes of its own: some providers replace those of a version in place. */
  readonly attributes: boolean;
  /** What is deleted or replaced in place comes there; not what is renamed, or given other times or modes alone. */
  readonly trash: boolean;
}

/**
 * The tree as it was at the settled moment, restored by a time. A file that came under a name after that time, and was older than
 * it, may be there where the trash has it: nothing says that it had another name. So one that was there then may have been
 * `refused` for its sake.
 */
export function unlikeThen(
  restored: Restored,
  past: Past,
  refused: (path: string) => boolean = () => false,
): string[] {
  const { sightings, settled, found } = restored;
  return [...new Set([...sightings.keys(), ...found.keys()])].flatMap((path) => {
    const then = seenThen(sightings, path, settled);
    const is = found.get(path);
    const isTouched = seenLater(sightings, path, settled).length > 0;
    const asThen = past.attributes || !isTouched ? isSame : isSameContent;
    if (asThen(is, then) || (isTouched && !isKept(restored, path, then, past))) return [];
    if (past.trash && is === undefined && refused(path)) return [];
    return [`${JSON.stringify(path)} is ${describe(is)}, and was ${describe(then)} at that time`];
  });
}

/** Whether the container still shows what a path was at the settled moment, although it was touched since then. */
function isKept(
  { sightings, settled }: Restored,
  path: string,
  then: Sighting | undefined,
  { versions, trash }: Past,
): boolean {
  if (versions) return then !== undefined || !trash;
  return trash && isKeptInTrash(then, sightings, path, settled);
}

/** Whether the content of a path is in the trash: the first change replaced or deleted it, and no other path has got it. */
function isKeptInTrash(
  then: Sighting | undefined,
  sightings: Sightings,
  path: string,
  settled: number,
): boolean {
  if (then === undefined) return false;
  const [first] = seenLater(sightings, path, settled);
  if (first === undefined || first.sighting?.content === then.content) return false;
  return ![...sightings].some(
    ([other, seen]) =>
      other !== path &&
      seen.some(({ moment, sighting }) => moment > settled && sighting?.content === then.content),
  );
}

/**
 * Of the tree as of a time, by the trash: a content that the source has had ever since is there under its name of then or of now,
 * unless `refused`, or where the name of now had another content then, or a later time came with it.
 */
export function lostThen(
  restored: Restored,
  settledAtMs: number,
  refused: (path: string) => boolean,
): string[] {
  const { sightings, settled } = restored;
  return lostContents(restored, (path) => {
    const then = seenThen(sightings, path, settled);
    return (
      refused(path) ||
      seenLater(sightings, path, settled).some(
        ({ sighting }) =>
          sighting !== undefined &&
          (sighting.mtimeUs > BigInt(settledAtMs) * 1000n ||
            (then !== undefined && then.content !== sighting.content)),
      )
    );
  });
}

function isSameContent(a: Sighting | undefined, b: Sighting | undefined): boolean {
  return a?.content === b?.content;
}

function isSame(a: Sighting | undefined, b: Sighting | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.content === b.content && a.mtimeUs === b.mtimeUs && a.mode === b.mode;
}
