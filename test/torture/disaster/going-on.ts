import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventsOf, type Finished } from '../../world/program.js';
import { differences, digestsBelow } from '../../world/tree.js';
import type { Round } from './first-machine.js';
import { canBeAnother, type Machine } from './machine.js';
import { type Settings, secondConfiguration } from './settings.js';
import { objectsOf } from './vault.js';

/**
 * The restored folder becomes the source of a new mirror to the same container, with a new configuration and an empty state.
 * Returns what is not as it should be, in words. `refused`: objects that were not restored, and so have no file.
 */
export async function judgeGoingOn(
  machine: Machine,
  restored: string,
  refused: ReadonlySet<string>,
  round: Round,
): Promise<string[]> {
  const { vault, settings } = round;
  const source = join(machine.folder, restored);
  machine.writeConfig(secondConfiguration(vault, settings, `./${restored}`));
  const before = await vault.objects(settings.prefix);
  const wrong = canBeAnother ? await refusedByLease(machine) : [];

  const taken = await machine.run(['reconcile', '--take-over', '--json'], vault.env);
  wrong.push(...withoutSending(taken, source, settings));
  const after = await vault.objects(settings.prefix);
  wrong.push(
    ...differences(before, after).map((line) => `changed by the first reconcile: ${line}`),
  );
  wrong.push(...unlikeFolder(source, after, refused));
  if (wrong.length > 0) return wrong;

  const changed = changeALittle(source);
  const next = await machine.run(['reconcile', '--json'], vault.env);
  wrong.push(...onlyThese(next, changed));
  wrong.push(...unlikeFolder(source, await vault.objects(settings.prefix), refused));
  return wrong;
}

/** The dead machine may live as far as anybody can know, so a person has to say that it does not. */
async function refusedByLease(machine: Machine): Promise<string[]> {
  const { code, stdout, stderr } = await machine.run(['reconcile']);
  const said = stdout + stderr;
  return code === 1 && said.includes('--take-over')
    ? []
    : [`reconcile beside the dead machine's lease ends with ${code}: ${said}`];
}

/** Every file is found in the container, unchanged: only records are written. */
function withoutSending(finished: Finished, source: string, { snapshots }: Settings): string[] {
  const { code, stderr } = finished;
  const events = eventsOf(finished);
  const summary = events.find(({ event }) => event === 'summary');
  const files = digestsBelow(source).size;
  return [
    ...(code === 0 ? [] : [`the first reconcile ends with ${code}: ${stderr}`]),
    ...events
      .filter(({ event, job, why }) => event === 'done' && !isRecordAlone(job, why, snapshots))
      .map((event) => `done again: ${JSON.stringify(event)}`),
    ...(countOf(summary) === files && summary?.['bytes'] === 0
      ? []
      : [`${files} files were restored, and the first reconcile says ${JSON.stringify(summary)}`]),
  ];
}

/**
 * Whether a job changed nothing but the record of an object: it is equal, without a record or with one of another machine. A record
 * of an index snapshot is older than the last change of a file's time or mode, so that such an object may get its metadata again.
 */
function isRecordAlone(job: unknown, why: unknown, snapshots: boolean): boolean {
  if (snapshots && job === 'refresh_metadata') return true;
  return (job === 'adopt' || job === 'refresh_metadata') && why === 'same content';
}

/** Objects that were found as they should be. */
function countOf(summary: Readonly<Record<string, unknown>> = {}): number {
  const counts = ['adopted', 'unchanged', 'refreshed'].map((name) => summary[name]);
  return counts.reduce<number>((sum, count) => sum + Number(count ?? 0), 0);
}

function unlikeFolder(
  source: string,
  objects: ReadonlyMap<string, string>,
  refused: ReadonlySet<string>,
): string[] {
  const kept = [...refused].map((name) => Buffer.from(name).toString('latin1'));
  const others = new Map([...objects].filter(([name]) => !kept.includes(name)));
  return differences(objectsOf(source), others).map((line) => `source | container: ${line}`);
}

/** Makes a file, replaces one and removes one, where there is one. Returns the jobs that this makes necessary, in order. */
function changeALittle(source: string): readonly string[] {
  const files = [...digestsBelow(source)]
    .filter(([, content]) => !content.startsWith('-> '))
    .map(([path]) => Buffer.from(path, 'latin1').toString());
  const [replaced, removed] = [files[0], files.at(-1)];
  mkdirSync(join(source, 'the day after'));
  writeFileSync(join(source, 'the day after/new'), 'new');
  const jobs = ['upload_object the day after/new'];
  if (replaced !== undefined && replaced !== removed) {
    rmSync(join(source, replaced)); // its mode may forbid to write to it
    writeFileSync(join(source, replaced), `replaced ${replaced}`);
    jobs.push(`upload_object ${replaced}`);
  }
  if (removed !== undefined) {
    rmSync(join(source, removed));
    jobs.push(`delete_object ${removed}`);
  }
  return jobs.sort();
}

function onlyThese(finished: Finished, jobs: readonly string[]): string[] {
  const { code, stderr } = finished;
  const did = eventsOf(finished)
    .filter(({ event }) => event === 'done')
    .map(({ job, name }) => `${job} ${name}`)
    .sort();
  return [
    ...(code === 0 ? [] : [`the next reconcile ends with ${code}: ${stderr}`]),
    ...(did.join('\n') === jobs.join('\n')
      ? []
      : [
          `the next reconcile did ${JSON.stringify(did)}, and should have done ${JSON.stringify(jobs)}`,
        ]),
  ];
}
