import { describe, expect, test } from 'vitest';
import { type Observed, violationsOf } from './judge.js';
import { knownReason } from './known-faults.js';
import { type Point, pointOf } from './points.js';

const LOG_LINE = '2026-11-29T01:51:34.884Z error state failed mirror=documents\n';
const BEFORE = new Map([
  ['a', 'a1'],
  ['b', 'b1'],
  ['old', 'moved'],
]);
const EXPECTED = new Map([
  ['a', 'a2'],
  ['b', 'b1'],
  ['new', 'moved'],
]);
const POINT: Point = {
  scenario: 'again',
  pathClass: 'target',
  call: 'write',
  path: 'a',
  nth: 1,
  fault: 'EIO',
};
const WELL: Observed = {
  point: POINT,
  faulty: { code: 0, stderr: '' },
  endedByItself: false,
  expected: EXPECTED,
  before: BEFORE,
  after: EXPECTED,
  flatteredMs: 0,
  healed: true,
  second: { code: 0, stderr: LOG_LINE },
  atEnd: EXPECTED,
  leftovers: [],
};
const KILLED = {
  point: { ...POINT, fault: 'kill-after' },
  faulty: { code: 'SIGKILL', stderr: '' },
} as const;
const UNFINISHED = { faulty: { code: 3, stderr: LOG_LINE } };
const without = (objects: ReadonlyMap<string, string>, ...names: string[]) =>
  new Map([...objects].filter(([name]) => !names.includes(name)));

describe('judge of a run that met a fault', () => {
  test.each<readonly [string, Partial<Observed>]>([
    ['all went well', {}],
    [
      'objects failed, which the exit code says',
      { ...UNFINISHED, after: new Map([...BEFORE, ['new', 'moved']]) },
    ],
    ['the run was killed on order, before it changed anything', { ...KILLED, after: BEFORE }],
    [
      'a daemon ends with an error, since its state fails',
      {
        endedByItself: true,
        faulty: { code: 1, stderr: LOG_LINE },
        point: { ...POINT, pathClass: 'state' },
        healed: false,
      },
    ],
    [
      'LMDB itself says that a write of the index failed, and the program ends',
      {
        faulty: {
          code: 1,
          stderr: `Write error: No space left on device position 90112, size 8192\nmdb_page_spill error 28\n${LOG_LINE}`,
        },
        point: { ...POINT, pathClass: 'state', path: 'mirrors/documents/index.mdb' },
        after: BEFORE,
      },
    ],
    [
      'a target without room ends a run with 6',
      {
        faulty: { code: 6, stderr: LOG_LINE },
        point: { ...POINT, pathClass: 'target', fault: 'ENOSPC' },
        after: BEFORE,
      },
    ],
    [
      'the log has lines of a command that failed',
      { faulty: { code: 1, stderr: 'longshore: no\n  because of: disk\n' }, after: BEFORE },
    ],
  ])('finds nothing when %s', (_, seen) => expect(violationsOf({ ...WELL, ...seen })).toEqual([]));

  test.each<readonly [RegExp, string, Partial<Observed>]>([
    [
      /^false success: .*a: source a2, container a1/,
      'exit code 0 and an old object',
      { after: new Map([...EXPECTED, ['a', 'a1']]) },
    ],
    [
      /^false success: .*new: source moved, container nothing/,
      'exit code 0 and a missing object',
      { after: without(EXPECTED, 'new') },
    ],
    [
      /^false success: .*old: source nothing, container moved/,
      'exit code 0 and an object without a file',
      { after: new Map([...EXPECTED, ['old', 'moved']]) },
    ],
    [
      /^torn: a holds a9/,
      'an object with content that its file never had',
      { ...UNFINISHED, after: new Map([...BEFORE, ['a', 'a9']]) },
    ],
    [
      /^content lost: that of new/,
      'a renamed file under neither name',
      { ...KILLED, after: without(BEFORE, 'old') },
    ],
    [
      /^content lost: that of b/,
      'an object of a living file deleted',
      { ...UNFINISHED, after: without(BEFORE, 'b') },
    ],
    [/^crash: SIGSEGV/, 'a crash', { faulty: { code: 'SIGSEGV', stderr: '' } }],
    [/^crash: SIGKILL/, 'a kill without an order', { faulty: { code: 'SIGKILL', stderr: '' } }],
    [
      /^exit code 6/,
      'the exit code of a full target, when none is',
      { faulty: { code: 6, stderr: '' } },
    ],
    [/^exit code 7/, 'an exit code of no meaning', { faulty: { code: 7, stderr: '' } }],
    [/^hang: the run with the fault/, 'no end', { faulty: undefined }],
    [/^hang: the second run/, 'no end of the second run', { second: undefined }],
    [
      /^stderr: "Write error/,
      'words of a library',
      { faulty: { code: 0, stderr: `${LOG_LINE}Write error: 5\n` } },
    ],
    [
      /^stderr: "longshore: a fault/,
      'a fault in longshore itself',
      {
        faulty: {
          code: 1,
          stderr: 'longshore: a fault in longshore itself; please report it: x\n    at y\n',
        },
        after: BEFORE,
      },
    ],
    [
      /^stderr: .*at main/,
      'a stack trace',
      { faulty: { code: 1, stderr: 'longshore: no\n    at main (main.js:1)\n' }, after: BEFORE },
    ],
    [
      /^set aside: /,
      'an index set aside',
      { faulty: { code: 3, stderr: '2026-11-29T01:51:34.884Z error index set aside why=x\n' } },
    ],
    [/^second run: ended with 3/, 'a second run that fails', { second: { code: 3, stderr: '' } }],
    [
      /^second run: not equal: a: source a2, container nothing/,
      'a difference at the end',
      { atEnd: without(EXPECTED, 'a') },
    ],
    [
      /^second run: stderr: /,
      'words of a library in the second run',
      { second: { code: 0, stderr: 'oh\n' } },
    ],
    [/^leftover: state\/x.tmp/, 'a file left over', { leftovers: ['state/x.tmp'] }],
    [
      /^flattered: in-sync for 3000 ms/,
      'a daemon that says in-sync and is not',
      { flatteredMs: 3_000 },
    ],
    [/^not healed/, 'a daemon that does not try again', { healed: false }],
    [
      /^the daemon ended by itself, with 1/,
      'a daemon ended by its target',
      { endedByItself: true, faulty: { code: 1, stderr: LOG_LINE } },
    ],
    [
      /^the daemon ended by itself without a word/,
      'a daemon that ends in silence',
      {
        endedByItself: true,
        faulty: { code: 1, stderr: '' },
        point: { ...POINT, pathClass: 'state' },
      },
    ],
  ])('says %s for %s', (expected, _, seen) =>
    expect(violationsOf({ ...WELL, ...seen })).toContainEqual(expect.stringMatching(expected)),
  );
});

test('known faults: only what is known of a call is excused, and only at that call', () => {
  const lock = 'first/state/lock/mirrors/documents/index.mdb-lock#2/ENOLCK';
  const said = {
    code: 0,
    stderr: '… warn the last start ended while it opened the index mirror=documents file=index.mdb',
  };
  const reasonAt = (name: string, violations: readonly string[], second = said) =>
    knownReason(
      { point: pointOf(name), faulty: { code: 'SIGSEGV', stderr: '' }, second },
      violations,
    );
  expect(reasonAt(lock, ['crash: SIGSEGV'])).toContain('lmdb-js');
  expect(
    reasonAt(lock, ['crash: SIGSEGV'], { code: 0, stderr: '' }),
    'not in an opening',
  ).toBeUndefined();
  expect(reasonAt(lock, ['crash: SIGSEGV', 'leftover: state/x'])).toBeUndefined();
  expect(
    reasonAt('first/state/write/mirrors/documents/index.mdb#2/EIO', ['crash: SIGSEGV']),
  ).toBeUndefined();
});

test('known faults: a crash where LMDB says that a write failed, and nothing else that is wrong', () => {
  const write = 'directories/state/write/mirrors/documents/index.mdb#25/EIO';
  const printed = 'Write error: Input/output error position 16384, size 8192';
  const violations = ['crash: SIGABRT', `stderr: "${printed}\\ncorrupted size vs. prev_size"`];
  const reasonAt = (name: string, found = violations, stderr = `${printed}\nabort`) =>
    knownReason(
      {
        point: pointOf(name),
        faulty: { code: 'SIGABRT', stderr },
        second: { code: 0, stderr: '' },
      },
      found,
    );
  expect(reasonAt(write)).toContain('lmdb-js');
  expect(reasonAt(write, violations, 'abort'), 'LMDB said nothing').toBeUndefined();
  expect(reasonAt(write, [...violations, 'second run: ended with 1'])).toBeUndefined();
  expect(reasonAt(write.replace('EIO', 'short'))).toBeUndefined();
  expect(reasonAt(write.replace('/write/', '/fsync/'))).toBeUndefined();
});
