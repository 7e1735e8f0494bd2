import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLog } from '../../src/cli/open-log.js';
import type { Config } from '../../src/config/config.js';
import { temporaryFolder } from '../world/folder.js';
import { openConsole } from './console.js';

const settings = (different: Partial<Config['log']>): Pick<Config, 'log'> => ({
  log: { level: 'info', format: 'text', repeats: 2, file: undefined, ...different },
});

test('log: other settings take effect with the next line, and its counters go on', async () => {
  const file = { path: join(temporaryFolder('log'), 'log'), size: 4096, keep: 2 };
  const { io, stderr, remove } = openConsole();
  onTestFinished(remove);
  const log = openLog(settings({}), io);
  for (let i = 0; i < 5; i++) log.error('object failed', { name: i });
  log.configure(settings({ file, format: 'json' }).log);
  log.error('object failed', { name: 5 });
  expect(log.control.counts()).toEqual({ error: 6, warn: 0, info: 0, debug: 0 });
  await log.close();
  const lines = stderr.text().split('\n').filter(Boolean);
  expect(lines.filter((line) => line.includes(' error object failed ')).length).toBe(2);
  expect(lines.join('\n')).toMatch(/ warn equal log lines skipped line="object failed" count=3 /);
  expect(JSON.parse(readFileSync(file.path, 'utf8'))).toMatchObject({ event: 'object failed' });
});
