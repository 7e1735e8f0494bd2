import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { UnfinishedUpload } from '../../../src/state/ledger.js';
import {
  type UploadEvent,
  type UploadStep,
  uploadStep,
} from '../../../src/sync/uploads/upload-step.js';
import { stateTableOf, type TableRow } from '../../state-table.js';

const SOURCE = { size: 9, mtimeNs: '1', ctimeNs: '2', inode: '3', md5: 'an MD5' };
const TOKEN = { driver: 'memory', container: 'c', key: 'p/a', opaque: 'first' };
const ASKED: UnfinishedUpload = { partSize: 4, source: SOURCE, beganAtMs: 100 };
const BEGUN: UnfinishedUpload = { ...ASKED, token: TOKEN };
const STATES: Readonly<Record<string, readonly (UnfinishedUpload | undefined)[]>> = {
  none: [undefined],
  asked: [ASKED],
  begun: [BEGUN],
  any: [undefined, ASKED, BEGUN],
};

const wanted = (source: object = {}, isHere = true): UploadEvent => ({
  type: 'wanted',
  source: { ...SOURCE, ...source },
  isHere,
});
const later: UnfinishedUpload = {
  token: { ...TOKEN, opaque: 'second' },
  partSize: 5,
  source: { ...SOURCE, size: 10 },
  beganAtMs: 200,
};
const { token: _, ...laterAsked } = later;
const begun: UploadEvent = { type: 'begun', upload: later };
const none: UploadStep = { upload: undefined };

type Case = readonly [event: UploadEvent, step: UploadStep];

const TABLE: readonly (readonly [...TableRow, ...Case[]])[] = [
  ['none', 'wanted', 'none: nothing', [wanted(), none]],
  [
    'asked',
    'wanted',
    'none: abandoned, found by its time',
    [wanted(), { ...none, abandoned: { beganAtMs: 100 } }],
  ],
  [
    'begun',
    'wanted, same version of the file and place',
    'begun: continued with its part size',
    [wanted(), { upload: BEGUN }],
  ],
  [
    'begun',
    'wanted, another version or another place',
    'none: abandoned',
    ...[
      wanted({ size: 8 }),
      wanted({ mtimeNs: '9' }),
      wanted({ ctimeNs: '9' }),
      wanted({ inode: '9' }),
      wanted({ md5: undefined }),
      wanted({ md5: 'another MD5' }),
      wanted({}, false),
    ].map((event): Case => [event, { ...none, abandoned: { token: TOKEN, beganAtMs: 100 } }]),
  ],
  [
    'any',
    'asking',
    'asked: since then',
    [{ type: 'asking', upload: laterAsked }, { upload: laterAsked }],
  ],
  [
    'asked',
    'begun',
    'begun: since it was asked',
    [begun, { upload: { ...later, beganAtMs: 100 } }],
  ],
  [
    'begun',
    'begun',
    'begun: with the new token',
    [begun, { upload: { ...later, beganAtMs: 100 } }],
  ],
  ['none', 'begun, dropped meanwhile', 'begun: since then', [begun, { upload: later }]],
  ['any', 'recorded', 'none: nothing', [{ type: 'recorded' }, none]],
  ['none', 'dropped', 'none: nothing', [{ type: 'dropped' }, none]],
  [
    'asked',
    'dropped',
    'none: abandoned, found by its time',
    [{ type: 'dropped' }, { ...none, abandoned: { beganAtMs: 100 } }],
  ],
  [
    'begun',
    'dropped',
    'none: abandoned',
    [{ type: 'dropped' }, { ...none, abandoned: { token: TOKEN, beganAtMs: 100 } }],
  ],
];

it('unfinished upload: its table of states is the one that these tests go through', () => {
  expect(TABLE.map(([state, event, next]) => [state, event, next])).toEqual(
    stateTableOf('src/sync/uploads/upload-step.ts'),
  );
});

it.each(
  TABLE.map(
    ([state, event, next, ...cases]) => [`${state}, ${event}: ${next}`, state, cases] as const,
  ),
)('unfinished upload: %s', (_row, state, cases) => {
  for (const before of STATES[state] ?? [])
    for (const [event, step] of cases) expect(uploadStep(before, event)).toEqual(step);
});

type Happening = 'changed' | 'sent' | 'no answer' | 'no token' | 'recorded' | 'dropped';

const happening = fc.constantFrom<Happening>(
  'changed',
  'sent',
  'no answer',
  'no token',
  'recorded',
  'dropped',
);

it('P5: unfinished upload: is continued for its own version only, and is never lost at the provider', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      let upload: UnfinishedUpload | undefined;
      let version = 0;
      let nowMs = 0;
      /** At the provider: the versions of the parts of each upload, by the time when it began. */
      const there = new Map<number, number>();
      const abandoned = new Set<number>();
      const apply = (event: UploadEvent) => {
        const step = uploadStep(upload, event);
        upload = step.upload;
        if (step.abandoned) abandoned.add(step.abandoned.beganAtMs);
      };
      for (const now of happenings) {
        nowMs += 1;
        if (now === 'changed') version += 1;
        else if (now === 'dropped') apply({ type: 'dropped' });
        else if (now === 'recorded' && upload?.token !== undefined) {
          there.delete(upload.beganAtMs);
          apply({ type: 'recorded' });
        } else if (now !== 'recorded') {
          const source = { ...SOURCE, mtimeNs: String(version) };
          apply({ type: 'wanted', source, isHere: true });
          if (upload !== undefined) {
            expect(there.get(upload.beganAtMs)).toBe(version);
            continue;
          }
          const asked = { source, partSize: 4, beganAtMs: nowMs };
          apply({ type: 'asking', upload: asked });
          if (now !== 'no answer') there.set(nowMs, version);
          if (now === 'sent') apply({ type: 'begun', upload: { ...asked, token: TOKEN } });
        }
        for (const beganAtMs of there.keys())
          expect(abandoned.has(beganAtMs) || upload?.beganAtMs === beganAtMs).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
