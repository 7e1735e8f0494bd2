import { expect, it } from 'vitest';
import { openUnseenRanges } from '../../../src/sync/scan/unseen-ranges.js';
import { type Hides, problem } from '../../../src/watcher/problem.js';

const unseen = (path: string, hides: Hides) => problem(path, 'unreadable', 'cannot be read', hides);

it('P4: unseen ranges: keep what is at and below an unseen path, and nothing beside it', () => {
  const spots = openUnseenRanges();
  expect(spots.add(unseen('a/b', 'path-and-below'))).toBe(true);
  expect(['a/b', 'a/b/c', 'a/b/c/d'].map(spots.keeps)).toEqual([true, true, true]);
  expect(['a', 'a/b-', 'a/bc', 'b', ''].map(spots.keeps)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
  spots.add(unseen('z', 'path-and-below'));
  expect([...spots.kept()], 'and says nothing of a spot that kept nothing').toEqual([['a/b', 3]]);
});

it('unseen ranges: distinguish a path from the names below it', () => {
  const spots = openUnseenRanges();
  spots.add(unseen('link', 'below'));
  spots.add(unseen('pipe', 'nothing'));
  expect(['link', 'link/x', 'pipe', 'pipe/x'].map(spots.keeps)).toEqual([
    false,
    true,
    false,
    false,
  ]);
  expect(spots.add(unseen('link', 'below'))).toBe(false);
  expect(spots.add(unseen('link', 'path-and-below'))).toBe(true);
  expect(spots.add(unseen('link', 'below'))).toBe(false);
  expect(spots.keeps('link')).toBe(true);
  expect([...spots.kept()]).toEqual([['link', 2]]);
});

it('P4: unseen ranges: keep everything when the source itself was not seen', () => {
  const spots = openUnseenRanges();
  spots.add(unseen('', 'path-and-below'));
  expect(['a', 'a/b', '../odd', ''].map(spots.keeps)).toEqual([true, true, true, true]);
});

it('P7: unseen ranges: keep everything when there are too many of them', () => {
  const spots = openUnseenRanges(3);
  for (const path of ['a', 'b', 'c']) spots.add(unseen(path, 'below'));
  expect(spots.keeps('e')).toBe(false);
  spots.add(unseen('a', 'path-and-below'));
  expect(spots.keeps('e'), 'what is known better is not one more').toBe(false);
  spots.add(unseen('d', 'path-and-below'));
  expect(spots.keeps('e')).toBe(true);
  spots.add(unseen('f', 'below'));
  expect(spots.size).toBe(4);
  expect([...spots.kept()]).toEqual([['', 1]]);
});
