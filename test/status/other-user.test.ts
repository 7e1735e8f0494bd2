import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { silentLogger } from '../../src/log.js';
import { openControlServer } from '../../src/status/server.js';
import { temporaryFolder } from '../world/folder.js';
import { isRoot, UNPRIVILEGED } from '../world/program.js';

test.runIf(isRoot)(
  'P9: control socket: another user gets EACCES, even in a folder that is open to all',
  async () => {
    const stateFolder = temporaryFolder('control');
    const server = await openControlServer({
      stateFolder,
      routes: [],
      clock: systemClock,
      log: silentLogger,
    });
    chmodSync(stateFolder, 0o755);
    const program = `require('net').connect(${JSON.stringify(server.path)})
    .on('error', ({ code }) => console.log(code)).on('connect', () => { console.log('open'); process.exit(); })`;
    const asUser = (uid: number) =>
      execFileSync(process.execPath, ['-e', program], {
        uid,
        gid: uid,
        cwd: '/',
        encoding: 'utf8',
      }).trim();
    expect(asUser(UNPRIVILEGED)).toBe('EACCES');
    await server.close();
  },
);
