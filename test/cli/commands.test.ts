import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SecretError } from '../../src/config/secret.js';
import type { Daemon, OpenDaemon } from '../../src/daemon.js';
import { StateLockedError, StateNewerError } from '../../src/state/errors.js';
import { daemonStatus } from '../status/statuses.js';
import { CONFIG, type Console, openConsole, writeConfig } from './console.js';

let console: Console;
beforeEach(() => {
  console = openConsole({ env: { HOME: '/nowhere' } });
});
afterEach(() => console.remove());

describe('usage', () => {
  it.each([
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['--help'], /Examples:[\s\S]*Exit codes:/],
    [['help', 'reconcile'], /Usage: longshore reconcile[\s\S]*--dry-run[\s\S]*MIRROR is the name/],
    [
      ['object', '--help'],
      /put \[options\] <target> <container>|put <target> <container> <file> \[object\]/,
    ],
  ])('%j prints on stdout and exits 0', async (argv, expected) => {
    expect(await console.run(argv)).toBe(0);
    expect(console.stdout.text()).toMatch(expected);
    expect(console.stderr.text()).toBe('');
  });

  it.each([
    [[], /Usage: longshore/],
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['reconcil'], /Did you mean reconcile\?/],
    [['run', 'photos'], /too many arguments/],
    [['reconcile', '--dryrun'], /unknown option '--dryrun'[\s\S]*Did you mean --dry-run\?/],
    [['--frobnicate'], /unknown option '--frobnicate'/],
    [['--config'], /argument missing/],
    [['object', 'get', 'vault'], /missing required argument 'container'/],
    [['container'], /Usage: longshore container/],
  ])('command line: refuses %j on stderr and exits with 2', async (argv, expected) => {
    expect(await console.run(argv)).toBe(2);
    expect(console.stderr.text()).toMatch(expected);
    expect(console.stdout.text()).toBe('');
  });
});

describe('check', () => {
  it('says that a good configuration is good, and what it mirrors where', async () => {
    writeConfig(console.folder);
    expect(await console.run(['check'])).toBe(0);
    expect(console.stdout.text()).toContain('longshore.yaml: good');
    expect(console.stdout.text()).toContain(
      `mirror photos: ${console.folder}/photos to vault:photos/`,
    );
  });

  it('says once, and only to root, that it runs as root, and what to do instead', async () => {
    writeConfig(console.folder);
    expect(await console.run(['check'])).toBe(0);
    expect(console.stderr.text()).not.toContain('root');
    Object.assign(console.io, { uid: 0 });
    expect(await console.run(['check'])).toBe(0);
    expect(
      console.stderr.text().match(/warning: longshore runs as root.*CAP_DAC_READ_SEARCH/g),
    ).toHaveLength(1);
  });

  it('says where it looked for a configuration that is nowhere', async () => {
    expect(await console.run(['check'])).toBe(2);
    for (const place of [
      `${console.folder}/longshore.yaml`,
      '/nowhere/.config/longshore/longshore.yaml',
      '/etc/longshore/longshore.yaml',
      'longshore init',
    ]) {
      expect(console.stderr.text()).toContain(place);
    }
  });

  it('names the driver that was probably meant', async () => {
    writeConfig(console.folder, CONFIG.replace('driver: memory', 'driver: memry'));
    expect(await console.run(['check'])).toBe(2);
    expect(console.stderr.text()).toContain('did you mean "memory"?');
  });

  it('refuses a source that is missing or no folder', async () => {
    mkdirSync(join(console.folder, 'data'));
    writeFileSync(join(console.folder, 'photos'), '');
    writeConfig(console.folder, CONFIG.replaceAll('create_source: true, ', ''));
    expect(await console.run(['check'])).toBe(2);
    expect(console.stderr.text()).toContain('mirrors[1].source: ');
    expect(console.stderr.text()).toContain('photos is not a folder');
    expect(console.stderr.text()).not.toContain('mirrors[0]');
    writeConfig(
      console.folder,
      CONFIG.replaceAll('create_source: true, ', '').replace('./photos', './nope'),
    );
    expect(await console.run(['check'])).toBe(2);
    expect(console.stderr.text()).toContain(
      'nope does not exist; make it, mount it, or set create_source: true',
    );
  });

  it('refuses a log file that cannot be written, and leaves nothing where one can', async () => {
    const folders = () => readdirSync(console.folder).sort();
    writeConfig(console.folder, `log: { file: { path: ./logs/longshore.log } }\n${CONFIG}`);
    const before = folders();
    expect(await console.run(['check'])).toBe(0);
    expect(folders()).toEqual(before);
    writeFileSync(join(console.folder, 'logs'), '');
    expect(await console.run(['check'])).toBe(2);
    expect(console.stderr.text()).toContain(
      `log.file.path: ${console.folder}/logs/longshore.log cannot be written: a part of its path is no folder`,
    );
  });
});

describe('init', () => {
  it('longshore init: writes a commented configuration that is valid without an edit', async () => {
    expect(await console.run(['init'])).toBe(0);
    const file = join(console.folder, 'longshore.yaml');
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\/.*config\.schema\.json\n/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await console.run(['check'])).toBe(0);
  });

  it('writes --source and --to into the first mirror', async () => {
    mkdirSync(join(console.folder, 'My Photos: 2026'));
    expect(
      await console.run([
        'init',
        'my.yaml',
        '--source',
        './My Photos: 2026',
        '--to',
        '/mnt/disk "1"',
      ]),
    ).toBe(0);
    expect(await console.run(['-c', 'my.yaml', 'check'])).toBe(0);
    expect(console.stdout.text()).toContain(
      `mirror My-Photos-2026: "${console.folder}/My Photos: 2026"`.replaceAll('"', ''),
    );
    expect(console.stdout.text()).toContain('to vault:my-photos-2026/');
  });

  it.each([
    ['photos', 'FOLDER/photos'],
    ['conf/photos', './photos'],
    ['conf/..photos', './..photos'],
    ['conf', './'],
    ['conf/../photos', 'FOLDER/photos'],
    ['/mnt/photos', '/mnt/photos'],
  ])(
    'writes --source %s as %s into a configuration in another folder, where paths are seen from',
    async (source, written) => {
      mkdirSync(join(console.folder, 'conf'));
      expect(await console.run(['init', 'conf/my.yaml', '--source', source, '--to', 'vault'])).toBe(
        0,
      );
      const text = readFileSync(join(console.folder, 'conf/my.yaml'), 'utf8');
      expect(text).toContain(
        `source: ${JSON.stringify(written.replace('FOLDER', console.folder))}\n`,
      );
      expect(text).toContain(`root: ${JSON.stringify(join(console.folder, 'vault'))}`);
    },
  );

  it('replaces a file of comments alone, whose mode stays', async () => {
    const file = join(console.folder, 'longshore.yaml');
    writeFileSync(file, '# see longshore.yaml(5)\n\n  # nothing else\n', { mode: 0o640 });
    expect(await console.run(['init'])).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('\nmirrors:\n');
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  it('never overwrites', async () => {
    writeConfig(console.folder, 'mine');
    expect(await console.run(['init'])).toBe(2);
    expect(console.stderr.text()).toMatch(/longshore\.yaml exists; it is not overwritten/);
    expect(readFileSync(join(console.folder, 'longshore.yaml'), 'utf8')).toBe('mine');
    expect(await console.run(['init', 'nowhere/x.yaml'])).toBe(1);
    expect(console.stderr.text()).toMatch(/cannot write .*nowhere\/x\.yaml: ENOENT/);
  });
});

describe('run', () => {
  const daemon =
    (run: Daemon['run'], closed: string[] = []): OpenDaemon =>
    async (config) => ({
      config,
      run,
      reload: async () => {},
      status: () => daemonStatus({ mirrors: [] }),
      close: async () => {
        closed.push('closed');
      },
    });

  it('exits with the code of the signal, and says so, when the daemon left work undone', async () => {
    writeConfig(console.folder);
    const openDaemon = daemon(async ({ drain }) => {
      const drained = new Promise((resolve) => drain.addEventListener('abort', resolve));
      console.signal('SIGINT');
      await drained;
      return [{ mirror: 'documents', objects: 3, events: false }];
    });
    expect(await console.run(['run'], { openDaemon })).toBe(130);
    expect(console.stderr.text()).toMatch(
      /warn work dropped.* mirror=documents objects=3 events=false/,
    );
  });

  it('runs the daemon until a signal drains it, closes it, and exits 0', async () => {
    writeConfig(console.folder);
    const closed: string[] = [];
    const openDaemon = daemon(async ({ drain }, watching) => {
      watching();
      const drained = new Promise((resolve) => drain.addEventListener('abort', resolve));
      console.signal('SIGTERM');
      await drained;
      return [];
    }, closed);
    expect(await console.run(['run'], { openDaemon })).toBe(0);
    expect(closed).toEqual(['closed']);
    expect(console.stderr.text()).toMatch(
      /info watching mirrors=2[\s\S]*info draining why=SIGTERM/,
    );
    expect(console.listens()).toBe(false);
  });

  it('exits 1 and says why when the daemon fails, and closes it', async () => {
    writeConfig(console.folder);
    const closed: string[] = [];
    const openDaemon = daemon(
      () => Promise.reject(new Error('state is locked\u001b[2J', { cause: new Error('by pid 7') })),
      closed,
    );
    expect(await console.run(['run'], { openDaemon })).toBe(1);
    expect(console.stderr.text()).toContain(
      'longshore: state is locked\\u001b[2J\n  because of: by pid 7\n',
    );
    expect(closed).toEqual(['closed']);
  });

  it.each([
    [new StateLockedError('/state', 'another longshore works here'), 1],
    [new StateNewerError('/state', 2, 1), 2],
    [new SecretError('not set'), 2],
  ])(
    'a failure to open the daemon, %o, ends it with exit code %i: 2 when another try fails as well',
    async (error, code) => {
      writeConfig(console.folder);
      expect(await console.run(['run'], { openDaemon: () => Promise.reject(error) })).toBe(code);
      expect(console.stderr.text()).toContain(`longshore: ${error.message}\n`);
    },
  );

  it('reports a fault in longshore itself with its stack', async () => {
    writeConfig(console.folder);
    const openDaemon: OpenDaemon = () => Promise.reject(new TypeError('x is not a function'));
    expect(await console.run(['run'], { openDaemon })).toBe(1);
    expect(console.stderr.text()).toMatch(
      /a fault in longshore itself; please report it: x is not a function\n\s+at /,
    );
  });
});

describe('status', () => {
  it('says so when no daemon runs', async () => {
    writeConfig(console.folder);
    expect(await console.run(['status'])).toBe(1);
    expect(console.stderr.text()).toMatch(/not running .*start with longshore run/);
    expect(await console.run(['status', 'fotos'])).toBe(2);
  });
});
