import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../world/program.js';
import type { World } from './world.js';

/** Something that longshore promises did not hold. */
export class TortureFailure extends Error {
  override readonly name = 'TortureFailure';
}

/** Ends the run with what happened in this world, and what its daemon said. */
export function fail(world: World, what: string, program?: Program): never {
  const { tree, seed, driver, engine, lives, circumstances, paths } = world;
  const { links, watch, losesEvents, losesState, clockJumps, changesEngine } = circumstances;
  const { deletes, guard, workers } = circumstances;
  const about = /^"((?:[^"\\]|\\.)*)"/.exec(what)?.[0];
  const name = about === undefined ? undefined : (JSON.parse(about) as string);
  const history = name === undefined ? tree.journal.lines() : tree.journal.lines(name);
  const story = [
    what,
    `world: seed ${seed}, ${driver}, links ${links}, watch ${watch}, index ${engine}, ${lives} lives`,
    `  events lost: ${losesEvents}, state lost: ${losesState}, clock jumps: ${clockJumps}, engines change: ${changesEngine}, deletes: ${deletes}, guard: ${guard}, workers: ${workers}`,
    `kept: ${paths.folder}`,
    `the last changes${name === undefined ? '' : ` of ${name}`}:`,
    ...history.slice(-30).map((line) => `  ${line}`),
    ...(program ? ['the daemon said:', ...program.stderr().trim().split('\n').slice(-40)] : []),
  ];
  if (program) writeFileSync(join(paths.folder, 'stderr'), program.stderr());
  writeFileSync(join(paths.folder, 'journal'), `${tree.journal.lines().join('\n')}\n`);
  throw new TortureFailure(story.join('\n'));
}
