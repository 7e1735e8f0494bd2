import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';

/** Writes down which program each thread of the process begins with. */
const NOTING = `
const { appendFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const threads = require('node:worker_threads');
threads.Worker = class extends threads.Worker {
  constructor(program, options) {
    appendFileSync(join(__dirname, 'threads'), basename(String(program)) + '\\n');
    super(program, options);
  }
};
`;

test('a run that finds nothing to do among few files starts no thread but that of the target', async () => {
  const mirror = openLocalMirror('', { nodeOptions: ['--require', './note-threads.cjs'] });
  writeFileSync(join(mirror.folder, 'note-threads.cjs'), NOTING);
  const threadsOf = async (...args: readonly string[]) => {
    const noted = join(mirror.folder, 'threads');
    rmSync(noted, { force: true });
    expect(await mirror.longshore(...args)).toMatchObject({ code: 0 });
    return readFileSync(noted, 'utf8').trimEnd().split('\n').sort();
  };
  mirror.write('a');
  expect(await threadsOf('reconcile')).toContain('scan-worker.js');
  expect(await threadsOf('reconcile')).toEqual(['files-worker.js']);
  expect(await threadsOf('scan')).toEqual(['files-worker.js']);
  mirror.write('b');
  expect(await threadsOf('scan')).not.toContain('scan-worker.js');
  expect(mirror.objects()).toEqual(['a', 'b']);

  for (let at = 0; at < 3_000; at += 1) mirror.write(`many/${at}`);
  expect(await threadsOf('scan')).toContain('scan-worker.js');
  expect(await threadsOf('scan')).toContain('scan-worker.js');
  expect(mirror.differences()).toEqual([]);
});
