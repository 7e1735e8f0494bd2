import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, startFakeS3 } from '../fakes/s3/server.js';
import { MAIN, run } from '../world/program.js';
import { noTerminal, openTerminal } from '../world/terminal.js';
import { openWorkspace } from '../world/workspace.js';

async function openHome() {
  const fake = await startFakeS3();
  const { folder } = openWorkspace('init', () => fake.close());
  mkdirSync(join(folder, 'photos'));
  writeFileSync(join(folder, 'photos', 'a.jpg'), 'one');
  const keys = {
    AWS_ACCESS_KEY_ID: ACCOUNT.accessKey,
    AWS_SECRET_ACCESS_KEY: ACCOUNT.secret,
    AWS_ENDPOINT_URL: fake.origin,
  };
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    XDG_CACHE_HOME: '/proc',
    TERM: 'xterm',
  };
  return {
    fake,
    folder,
    keys,
    config: () => readFileSync(join(folder, 'longshore.yaml'), 'utf8'),
    longshore: (args: readonly string[], more = {}) => run(args, { cwd: folder, env: more }),
    ask: (args: readonly string[], more = {}) =>
      openTerminal([process.execPath, MAIN, ...args], { cwd: folder, env: { ...env, ...more } }),
  };
}

describe.skipIf(noTerminal !== undefined)(
  'longshore init on a terminal',
  { timeout: 180_000 },
  () => {
    test('asks what is to be mirrored, offers the endpoint of the environment, and tries it', async () => {
      const { fake, folder, keys, config, longshore, ask } = await openHome();
      const { answer, text, finished } = ask(['init'], keys);
      await answer(/Folder to mirror: $/, '~/nowhere');
      await answer(/There is no folder .*nowhere\.\s+Folder to mirror: $/, '~/photos');
      expect(text()).not.toContain(ACCOUNT.secret);
      const offered = `2  S3 at ${fake.origin}, with the keys of AWS_ACCESS_KEY_ID, which answers`;
      await answer(/Number: $/, '9');
      expect(text()).toContain(offered);
      await answer(/A number from 1 to 7\.\s+Number: $/, '2');
      await answer(/Bucket, .*: $/, 'backups/laptop');
      await answer(/trash\? \[Y\/n\] $/, 'maybe');
      await answer(/Please answer y or n\.\s+.*\[Y\/n\] $/, 'y');
      await answer(/or "no": $/, '127.0.0.1:7461');
      await answer(/Try "backups", and create it if it is missing\? \[Y\/n\] $/, '');
      expect(await finished).toBe(0);
      expect(text()).toContain('vault gives all six guarantees');
      expect(text()).toMatch(/http:\/\/127\.0\.0\.1:7461\/.*\.longshore\/page-token/);
      expect(config()).not.toContain(ACCOUNT.secret);
      expect(config().trim().split('\n').length).toBeLessThanOrEqual(14);

      const done = await longshore(['reconcile'], keys);
      expect(done).toMatchObject({ code: 0 });
      expect(fake.log.map(({ key }) => key)).toContain('laptop/a.jpg');
      expect(readdirSync(folder).filter((name) => name.startsWith('vault'))).toEqual([]);
    });

    test('P9: a secret that is typed is not shown, and is written into a file of its own', async () => {
      const { fake, folder, ask } = await openHome();
      const { answer, text, finished } = ask(['init', '--source', 'photos']);
      await answer(/Number: $/, '2');
      await answer(/Address of its service.*: $/, 'ftp://nowhere');
      await answer(/A URL that .*\s+Address of its service.*: $/, fake.origin);
      await answer(/Access key id: $/, ACCOUNT.accessKey);
      await answer(/Secret access key: $/, ACCOUNT.secret);
      await answer(/Bucket, .*: $/, 'backups');
      await answer(/trash\? \[Y\/n\] $/, 'n');
      await answer(/or "no": $/, 'no');
      await answer(/Try .*\[Y\/n\] $/, 'y');
      expect(await finished).toBe(0);
      expect(text()).not.toContain(ACCOUNT.secret);
      const path = join(folder, 'vault.secret');
      expect(readFileSync(path, 'utf8')).toBe(`${ACCOUNT.secret}\n`);
      expect(statSync(path).mode & 0o777).toBe(0o600);
    });

    test.each([
      ['Ctrl-C', '\x03'],
      ['Ctrl-D', '\x04'],
    ])('%s instead of an answer writes nothing', async (_, keys) => {
      const { folder, ask } = await openHome();
      const { press, text, finished } = ask(['init']);
      await press(/Folder to mirror: $/, keys);
      expect(await finished).toBe(130);
      expect(text()).toContain('nothing was written');
      expect(readdirSync(folder)).toEqual(['photos']);
    });

    test('asks nothing when the command line says both places, and no file is overwritten', async () => {
      const { folder, ask } = await openHome();
      expect(await ask(['init', '--source', 'photos', '--to', 'copies']).finished).toBe(0);
      const again = ask(['init']);
      expect(await again.finished).toBe(2);
      expect(again.text()).toMatch(/exists; it is not overwritten/);
      expect(readdirSync(folder)).toEqual(['longshore.yaml', 'photos']);
    });
  },
);

describe('longshore init without a terminal', () => {
  test('takes the account that fits, creates the bucket and tries it; a second try finds nothing in its way', async () => {
    const { fake, keys, config, longshore } = await openHome();
    const words = ['init', '--source', 'photos', '--to', 's3:backups/laptop'];
    expect(await longshore([...words, '--account', 'aws:work'], keys)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('accounts: aws') as string,
    });
    await fake.switchOff();
    expect(
      await longshore([...words, '--create', '--probe', '--deletes', 'trash'], keys),
    ).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the configuration stays; try again') as string,
    });
    await fake.switchOn();
    expect(await longshore(['container', 'create', 'vault', 'backups'], keys)).toMatchObject({
      code: 0,
    });
    expect(await longshore(['probe', 'vault'], keys)).toMatchObject({ code: 0 });
    expect(config()).toContain('secret: { env: "AWS_SECRET_ACCESS_KEY" }');
  });

  test('a wrong place or mode is refused, and nothing is written', async () => {
    const { folder, longshore } = await openHome();
    for (const [words, expected] of [
      [['--to', 's4:backups'], 'did you mean "s3"?'],
      [['--to', 's3:'], 'expected CONTAINER[/PREFIX]'],
      [['--to', 'copies', '--region', 'x'], 'belong to --to DRIVER:CONTAINER'],
      [['--deletes', 'tras'], 'did you mean "trash"?'],
      [['--status-page', 'everywhere'], 'expected an address'],
    ] as const) {
      const { code, stderr } = await longshore(['init', '--source', 'photos', ...words]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(expected)]);
    }
    expect(readdirSync(folder)).toEqual(['photos']);
  });
});
