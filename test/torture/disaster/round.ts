import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seeded } from '../../world/tree.js';
import { DisasterFailure, type Figures } from './figures.js';
import { liveAndDie } from './first-machine.js';
import { judgeGoingOn } from './going-on.js';
import { lostContents, lostThen, unlikeSource, unlikeThen } from './judge.js';
import { anotherMachine, thisMachine } from './machine.js';
import { restoreAtTime, restoreOnto } from './restoring.js';
import { chooseSettings, settingsText } from './settings.js';
import { storyOf, treeBelow } from './sightings.js';
import { createSource } from './source.js';
import type { VaultKind } from './vault.js';

export interface RoundOptions {
  /** It does not exist yet. Everything of the round is in it, and it is kept when the round fails. */
  readonly folder: string;
  readonly seed: number;
  readonly kind: VaultKind;
  readonly figures: Figures;
}

/**
 * One disaster, from the first file to the day after it.
 *
 * 1. On one machine the daemon mirrors a folder that changes at random. From time to time it is killed and started again, or is
 *    left alone until it says `in-sync` and a lag of 0: the settled moment. What is in the folder is noted all the time.
 * 2. Changes go on, and it is killed amid uploads. Its folder, with source, state and configuration, is removed.
 * 3. On another machine, with another identity and nothing but the container's name and the credentials, the container is
 *    restored into an empty folder, as docs/restore.md says; some restores are killed as well, and called again. Exit code and
 *    report agree with what is there, and what is there is judged (judge.ts): what was not touched since the settled moment is
 *    equal in bytes, time, mode and link target, and anything else is something that its path once was.
 * 4. The other machine goes on mirroring the restored folder, with a new configuration and an empty state (going-on.ts): the
 *    lease of the dead machine stands in its way until it is taken over, no content is sent again, and further changes arrive.
 * 5. Where the container keeps versions or a trash, it is restored as it was at the settled moment.
 */
export async function playRound({ folder, seed, kind, figures }: RoundOptions): Promise<void> {
  const random = seeded(seed);
  const settings = chooseSettings(random, kind.keepsVersions);
  const at = (name: string) => join(folder, name);
  const first = thisMachine(at('first'));
  for (const path of [folder, first.folder, at('target')]) mkdirSync(path);
  const vault = await kind.open(at('target'), settings.versions);
  const about = `seed ${seed}, ${kind.title}, container ${vault.container}, ${settingsText(settings)}`;

  mkdirSync(join(first.folder, 'source'));
  const source = createSource({
    root: join(first.folder, 'source'),
    random,
    nameProblem: (name) => vault.nameProblem(settings.prefix + name),
    largeBytes: kind.largeBytes,
  });

  /** Ends the round with what is wrong. */
  const expectNone = (what: string, wrong: readonly string[]): void => {
    if (wrong.length === 0) return;
    const more = wrong.length > 20 ? [`… and ${wrong.length - 20} more`] : [];
    const lines = [...wrong.slice(0, 20), ...more].map((line) => `  ${line}`);
    writeFileSync(at('sightings'), storyOf(source.sightings));
    throw new DisasterFailure(
      [`${what}:`, ...lines, `round: ${about}`, `kept: ${folder}`].join('\n'),
    );
  };

  const { sightings } = source;
  const isUnproven = (size: number) =>
    size >= kind.multipartBytes && !kind.provesParts && !settings.metadata.includes('md5');
  const round = { vault, settings, random, isUnproven };
  const life = await liveAndDie(first, source, round);
  const { settled, settledAtMs } = life;
  writeFileSync(at('first.log'), life.log);
  const died = treeBelow(join(first.folder, 'source')).found;
  rmSync(first.folder, { recursive: true });

  const second = anotherMachine(at('second'));
  const restored = join(second.folder, 'restored');
  const report = await restoreOnto(second, 'restored', round);
  const tree = treeBelow(restored);
  const judged = { sightings, settled, found: tree.found };
  const clashes = (path: string) =>
    report.refuses(path) || (kind.driver === 'local' && hasClash(path, sightings.keys()));
  expectNone('the restored folder', [
    ...report.wrong(tree.found),
    ...tree.others.map((path) => `${JSON.stringify(path)} was never in the source`),
    ...unlikeSource(judged),
    ...lostContents(judged, clashes),
  ]);
  figures.restored += tree.found.size;
  if (isAmid(died, tree.found)) figures.amidUploads += 1;

  expectNone('going on', await judgeGoingOn(second, 'restored', report.refused, round));

  if (life.canAskForThen) {
    const then = await restoreAtTime(second, 'then', settledAtMs, round);
    // Objects of a local target have the times of their files: when they came to the trash is not known exactly.
    const trash = settings.deletes === 'trash' && kind.driver !== 'local';
    const past = {
      versions: settings.versions,
      attributes: kind.versionsHaveAttributes || !settings.versions,
      trash,
    };
    const { found } = treeBelow(join(second.folder, 'then'));
    expectNone(`the folder as it was at ${new Date(settledAtMs).toISOString()}`, [
      ...then.wrong(found),
      ...unlikeThen({ sightings, settled, found }, past, then.refuses),
      ...(trash ? lostThen({ sightings, settled, found }, settledAtMs, then.refuses) : []),
    ]);
    figures.atTime += 1;
  }
  await vault.remove();
  rmSync(folder, { recursive: true });
}

/** Whether the daemon had not sent everything when it died. */
function isAmid(
  died: ReadonlyMap<string, { readonly content: string }>,
  restored: ReadonlyMap<string, { readonly content: string }>,
): boolean {
  return (
    died.size !== restored.size ||
    [...died].some(([path, { content }]) => restored.get(path)?.content !== content)
  );
}

/** Whether another path is above or below this one: a store that keeps objects as files cannot hold both. */
function hasClash(path: string, others: Iterable<string>): boolean {
  return [...others].some((other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`));
}
