import { expect, test } from 'vitest';
import type { ObjectRecord } from '../../src/state/object-index.js';
import { createHeldSurveys } from '../../src/status/held-survey.js';
import type { MirrorControl } from '../../src/status/mirror-control.js';
import { fakeClock } from '../fakes/clock.js';

type Held = 'delete' | 'overwrite' | undefined;

/** A guard over some records that counts the passes over them. */
function rig(objects: Readonly<Record<string, Held>>) {
  const clock = fakeClock();
  const seen = { passes: 0, version: 1, during: () => {} };
  const guard = {
    get heldVersion() {
      return String(seen.version);
    },
    async describe(visit: (name: string, record: ObjectRecord, change: Held) => void) {
      seen.passes += 1;
      for (const [name, change] of Object.entries(objects))
        visit(name, { size: 10 } as ObjectRecord, change);
      seen.during();
      return {
        id: `list-${seen.version}`,
        sinceMs: 1,
        why: '',
        deletes: 2,
        overwrites: 1,
        foreign: 0,
      };
    },
  } as unknown as MirrorControl['guard'];
  return { clock, seen, survey: createHeldSurveys(clock), control: { guard } };
}

const OBJECTS = {
  'a/1': 'delete',
  'a/2': undefined,
  'a/b/3': 'delete',
  'z.pdf': 'overwrite',
} as const;

test('held survey: one pass over the records finds groups, folders and the first names', async () => {
  const { survey, control, seen } = rig(OBJECTS);
  const found = await survey.of(control);
  expect(found.folders).toEqual([
    { name: 'a/', held: 2, of: 3, bytes: 20 },
    { name: 'a/b/', held: 1, of: 1, bytes: 10 },
  ]);
  expect(found.groups.map(({ folder, objects }) => `${folder} ${objects}`)).toEqual(['a/ 2', ' 1']);
  expect(found.first).toEqual({
    overwrites: [{ name: 'z.pdf', change: 'overwrite', bytes: 10 }],
    deletes: [
      { name: 'a/1', change: 'delete', bytes: 10 },
      { name: 'a/b/3', change: 'delete', bytes: 10 },
    ],
  });
  expect(seen.passes).toBe(1);
});

test('held survey: serves all who ask while nothing else is held, at once or one after the other', async () => {
  const { survey, control, seen } = rig(OBJECTS);
  await Promise.all([survey.of(control), survey.of(control)]);
  await survey.of(control);
  expect(seen.passes).toBe(1);
  seen.version += 1;
  expect((await survey.of(control)).held.id).toBe('list-2');
  expect(seen.passes).toBe(2);
});

test('held survey: is made again after a minute, as folders have other objects by then', async () => {
  const { survey, control, seen, clock } = rig(OBJECTS);
  await survey.of(control);
  await clock.advance(60_000);
  await survey.of(control);
  expect(seen.passes).toBe(2);
});

test('held survey: one during which something else was held is not kept', async () => {
  const { survey, control, seen } = rig(OBJECTS);
  seen.during = () => {
    seen.version += 1;
    seen.during = () => {};
  };
  await survey.of(control);
  expect((await survey.of(control)).held.id).toBe('list-2');
  expect(seen.passes).toBe(2);
});
