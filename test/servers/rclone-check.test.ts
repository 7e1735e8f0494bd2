import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openS3 } from '../drivers/s3/open.js';
import { openRemoteMirror } from '../world/mirror-in-a-folder.js';
import { s3Servers, withServers } from './environment.js';
import { isThere } from './installed.js';
import { rcloneEnvironment } from './rclone.js';

const MIB = 2 ** 20;

withServers(
  'rclone check',
  'LONGSHORE_S3_ENDPOINT',
  s3Servers(),
  ({ driver, settings, origin, title }) => {
    describe.runIf(isThere('rclone'))(title, () => {
      test('P10: rclone check compares an object in parts by the MD5 in its metadata when the mirror stores it', {
        timeout: 240_000,
      }, async () => {
        const direct = openS3(settings);
        onTestFinished(() => direct.close());
        const target = { driver, ...settings, multipart_threshold: '5MiB' };
        const mirror = openRemoteMirror({ target, direct, mirror: '    metadata: [mtime]\n' });
        const large = join(mirror.source, 'large');
        writeFileSync(large, randomBytes(11 * MIB));
        writeFileSync(join(mirror.source, 'small'), 'small');

        const log = join(mirror.folder, 'rclone.log');
        const check = () =>
          execFileSync(
            'rclone',
            [
              'check',
              mirror.source,
              `remote:${mirror.container}`,
              '--exclude',
              '/.longshore/**',
              '--combined',
              '-',
              '-v',
            ],
            {
              env: {
                ...rcloneEnvironment({ driver, settings, origin }, mirror.folder),
                RCLONE_LOG_FILE: log,
              },
              encoding: 'utf8',
            },
          );
        /** How many objects rclone compares by their size alone. */
        const uncompared = async () => {
          const { code, stderr } = await mirror.longshore('--reconcile');
          expect(code, stderr).toBe(0);
          writeFileSync(log, '');
          expect(check().trim().split('\n').sort()).toEqual(['= large', '= small']);
          const said = readFileSync(log, 'utf8');
          expect(said).toContain('0 differences found');
          return Number(/(\d+) hashes could not be checked/.exec(said)?.[1] ?? 0);
        };
        expect(await uncompared()).toBe(1);
        const config = join(mirror.folder, 'longshore.yaml');
        writeFileSync(config, readFileSync(config, 'utf8').replace('[mtime]', '[mtime, md5]'));
        expect(await uncompared(), 'once the settings are changed').toBe(0);
        utimesSync(large, 5, 5);
        expect(await uncompared(), 'after a metadata update').toBe(0);
        writeFileSync(large, randomBytes(11 * MIB));
        expect(await uncompared(), 'of what is sent').toBe(0);
      });
    });
  },
);
