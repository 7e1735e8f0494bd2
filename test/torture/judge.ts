import { existsSync, readFileSync } from 'node:fs';
import type { Program } from '../world/program.js';
import type { Note } from './armed/orders.js';
import { fail } from './failure.js';
import { nowNs } from './journal.js';
import { isOwn } from './target.js';
import { tornObjects } from './verify.js';
import type { World } from './world.js';

/** Reads what a daemon that has ended noted, and judges each delete by what was there. */
export function judge(world: World, program: Program): void {
  const { figures, target, oversight } = world;
  const notes = unreadNotes(world);
  if (notes === undefined) return;
  for (const note of notes) {
    if (note.note === 'reached') figures.reached.add(note.point);
    else if (note.note === 'killed')
      figures.killedAt.set(note.point, (figures.killedAt.get(note.point) ?? 0) + 1);
    else if (note.note === 'fault') target.met(note.id);
  }
  judgeCalls(world, notes, program);
  target.read(notes);
  for (const found of oversight.violations()) fail(world, found, program);
}

/** Also finds objects whose content their files never had. */
export function judgeContents(world: World, program: Program): void {
  judge(world, program);
  for (const torn of tornObjects(world.tree, world.target)) fail(world, torn, program);
}

/** Notes since the last call. Undefined: no daemon has noted anything yet. */
function unreadNotes(world: World): readonly Note[] | undefined {
  const { log } = world.paths;
  if (!existsSync(log)) return undefined;
  const bytes = readFileSync(log);
  const end = bytes.lastIndexOf(10) + 1;
  const complete = bytes.subarray(world.readTo, end).toString();
  world.readTo = end;
  return complete.split('\n').flatMap((line) => noteIn(line) ?? []);
}

/** Undefined: an empty line, or what a kill has left of a note that was being written. */
function noteIn(line: string): Note | undefined {
  try {
    return JSON.parse(line) as Note;
  } catch {
    return undefined;
  }
}

function judgeCalls(world: World, notes: readonly Note[], program: Program): void {
  const { putNs, figures } = world;
  const deletesBegun = new Map<string, bigint>();
  const judgeDelete = (name: string, toNs: bigint) =>
    judgeDeleted(world, name, deletesBegun.get(name), toNs, program);
  for (const note of notes) {
    if (note.note !== 'begun' && note.note !== 'ended') continue;
    const atNs = BigInt(note.atNs);
    if (note.note === 'ended' && note.by === 'worker') figures.byWorkers += note.names.length;
    for (const name of note.names) {
      if (note.what === 'put') {
        if (note.note === 'begun') putNs.set(name, atNs);
      } else if (note.note === 'begun') {
        judgeHeld(world, name, atNs, program);
        deletesBegun.set(name, atNs);
      } else {
        judgeDelete(name, atNs);
        deletesBegun.delete(name);
      }
    }
  }
  // Cut short by the end of the daemon: they may have been done.
  for (const name of deletesBegun.keys()) judgeDelete(name, nowNs());
}

function judgeHeld(world: World, name: string, atNs: bigint, program: Program): void {
  if (world.holds.isHeld(name, atNs))
    fail(
      world,
      `${JSON.stringify(name)} was deleted at ${atNs}, while a frozen worker may still write it`,
      program,
    );
}

function judgeDeleted(
  world: World,
  name: string,
  begunNs: bigint | undefined,
  toNs: bigint,
  program: Program,
): void {
  if (isOwn(name)) return;
  const sinceNs = world.putNs.get(name) ?? 0n;
  world.figures.deletes += 1;
  if (!world.tree.journal.wasAbsent(name, sinceNs, toNs))
    fail(
      world,
      `${JSON.stringify(name)} was deleted between ${begunNs} and ${toNs}, and its file was there ever since ${sinceNs}`,
      program,
    );
}

/** Counts the faults that a running daemon has met so far. */
export function countFaults({ paths, target }: World): void {
  for (const line of existsSync(paths.log) ? readFileSync(paths.log, 'utf8').split('\n') : []) {
    if (line.startsWith('{"note":"fault"'))
      target.met((JSON.parse(line) as { readonly id: number }).id);
  }
}
