import {
  appendFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';

describe('P4: a source in doubt deletes nothing', () => {
  async function mirrored(): Promise<LocalMirror> {
    const mirror = openLocalMirror();
    for (const name of ['a', 'b/c']) mirror.write(name);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    return mirror;
  }

  test('a source that is missing keeps its objects', async () => {
    const mirror = await mirrored();
    renameSync(mirror.source, `${mirror.source}.away`);
    for (const command of ['--reconcile', 'scan']) {
      const result = await mirror.longshore(command);
      expect(result.code).toBe(1);
      expect(result.stdout + result.stderr).toMatch(/source .* does not exist: mount or create it/);
    }
    expect(readFileSync(join(mirror.container, 'b/c'), 'utf8')).toBe('b/c');
  });

  test('a source that is suddenly empty, like a disk that is not mounted, keeps its objects', async () => {
    const mirror = await mirrored();
    renameSync(mirror.source, `${mirror.source}.away`);
    mkdirSync(mirror.source);
    const result = await mirror.longshore('--reconcile', '--json');
    expect(result.code).toBe(3);
    expect(summaryOf(result)).toMatchObject({ deleted: 0 });
    expect(readFileSync(join(mirror.container, 'a'), 'utf8')).toBe('a');
  });

  test('a source that was replaced by another folder deletes and replaces nothing until a person accepts it', async () => {
    const mirror = await mirrored();
    renameSync(mirror.source, `${mirror.source}.away`);
    mirror.write('a', 'another person’s');
    mirror.write('new', 'new');
    const result = await mirror.longshore('--reconcile', '--json');
    expect(result.code).toBe(3);
    expect(summaryOf(result)).toMatchObject({ deleted: 0, uploaded: 1 });
    expect(readFileSync(join(mirror.container, 'a'), 'utf8')).toBe('a');
    expect(readFileSync(join(mirror.container, 'b/c'), 'utf8')).toBe('b/c');
    expect(result.stderr + result.stdout).toContain('longshore accept-source documents');
    expect((await mirror.longshore('accept-source', 'documents')).code).toBe(0);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    expect(mirror.differences()).toEqual([]);
  });

  test('an empty source that a person accepted empties the container', async () => {
    const mirror = await mirrored();
    for (const name of ['a', 'b']) rmSync(join(mirror.source, name), { recursive: true });
    expect((await mirror.longshore('--reconcile')).code).toBe(3);
    expect((await mirror.longshore('accept-source', 'documents')).code).toBe(0);
    expect(summaryOf(await mirror.longshore('--reconcile', '--json'))).toMatchObject({
      deleted: 2,
    });
    expect(mirror.differences()).toEqual([]);
  });

  test('a source that became a file keeps its objects', async () => {
    const mirror = await mirrored();
    renameSync(mirror.source, `${mirror.source}.away`);
    writeFileSync(mirror.source, 'a file');
    const result = await mirror.longshore('--reconcile');
    expect(result.code).toBe(1);
    expect(readFileSync(join(mirror.container, 'a'), 'utf8')).toBe('a');
  });
});

describe('P3: files that change while they are read', () => {
  test('a file that changes without pause is reported as failed, and its object is never torn', async () => {
    const mirror = openLocalMirror();
    mirror.write('calm');
    const growing = mirror.write('growing', Buffer.alloc(4_000_000, 'a'));
    const fd = openSync(growing, 'a');
    const writer = setInterval(() => appendFileSync(fd, 'b'.repeat(1000)), 1);
    const result = await mirror
      .longshore('--reconcile', '--json')
      .finally(() => clearInterval(writer));
    expect(readFileSync(join(mirror.container, 'calm'), 'utf8')).toBe('calm');
    if (result.code === 0) return; // it was read between two writes: whole, and so rightly recorded
    expect(result.code).toBe(3);
    expect(() => statSync(join(mirror.container, 'growing'))).toThrow();
  });
});
