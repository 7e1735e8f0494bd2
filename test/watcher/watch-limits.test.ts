import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { explainLimit, isLimit, readWatchLimits } from '../../src/watcher/watch-limits.js';
import { temporaryFolder, writeFile } from './fixtures.js';

const error = (code: string): Error => Object.assign(new Error(code), { code });
const limits = {
  watches: { name: 'fs.inotify.max_user_watches', value: 8_192 },
  instances: { name: 'fs.inotify.max_user_instances', value: 128 },
  queuedEvents: 16_384,
};

test('watch limits: the advice names the setting, its value, and a value that is enough', () => {
  expect(explainLimit(error('ENOSPC'), limits, 10_100)).toBe(
    'no watches left: fs.inotify.max_user_watches is 8192, shared by all programs of this user; this source needs 10100, one for each folder. Raise it: sysctl -w fs.inotify.max_user_watches=32768',
  );
  expect(explainLimit(error('EMFILE'), limits, undefined)).toContain(
    'sysctl -w fs.inotify.max_user_instances=1024',
  );
  expect(explainLimit(error('ENOSPC'), undefined, undefined)).toContain(
    'fs.inotify.max_user_watches',
  );
});

test('watch limits: an error is a limit when every further watch would meet it as well', () => {
  expect(
    ['ENOSPC', 'EMFILE', 'ENFILE', 'EACCES', 'ENOENT'].filter((code) => isLimit(error(code))),
  ).toEqual(['ENOSPC', 'EMFILE', 'ENFILE']);
});

test('watch limits: the lower of two settings is named', () => {
  const procSys = temporaryFolder(onTestFinished);
  const settings = {
    'fs/inotify/max_user_watches': 1_000,
    'fs/inotify/max_user_instances': 128,
    'fs/inotify/max_queued_events': 10,
  };
  for (const [name, value] of Object.entries({
    ...settings,
    'user/max_inotify_watches': 50,
    'user/max_inotify_instances': 200,
  })) {
    writeFile(join(procSys, name), `${value}\n`);
  }
  expect(readWatchLimits(procSys)).toEqual({
    watches: { name: 'user.max_inotify_watches', value: 50 },
    instances: { name: 'fs.inotify.max_user_instances', value: 128 },
    queuedEvents: 10,
  });
});

test('watch limits: are read on this machine, and undefined without inotify', () => {
  expect(readWatchLimits()?.queuedEvents).toBeGreaterThan(0);
  expect(readWatchLimits('/nowhere')).toBeUndefined();
});
