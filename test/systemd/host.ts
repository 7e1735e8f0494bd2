import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The checkout: this file runs from `dist/test/systemd`. */
export const checkout = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

const script = resolve(checkout, 'test/systemd/host.sh');

/** Why no systemd can be had here, or undefined. */
export const noSystemd = reasonAgainst();

function reasonAgainst(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  return existsSync('/lib/systemd/systemd') ? undefined : 'systemd is not installed';
}

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Host {
  /** The command that runs another one inside, with its first arguments. */
  readonly around: readonly string[];
  /** Runs a program inside, whatever it exits with. */
  run(...command: readonly string[]): Promise<Result>;
  /** Runs a shell script inside; rejects unless it exits 0. */
  shell(script: string): Promise<string>;
  write(path: string, content: string): Promise<void>;
  /** Copies the program there, as its package would be installed: wherever the checkout is, it may be hidden inside. */
  install(folder: string): Promise<void>;
  /** One property of a unit, as `systemctl show` has it. */
  property(unit: string, name: string): Promise<string>;
  close(): Promise<void>;
}

/** Boots the systemd of `root`, or this machine's over a throw-away overlay of its files. */
export async function bootHost(root?: string): Promise<Host> {
  const folder = await mkdtemp('/var/tmp/longshore-systemd-');
  const env = { ...process.env, STATE: join(folder, 'host') };
  await run('bash', [script, 'start', ...(root === undefined ? [] : [root])], { env });

  async function inside(command: readonly string[]): Promise<Result> {
    try {
      const { stdout, stderr } = await run('bash', [script, 'exec', ...command], {
        env,
        maxBuffer: 64 * 1024 * 1024,
      });
      return { code: 0, stdout, stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as Error & {
        code?: unknown;
        stdout: string;
        stderr: string;
      };
      if (typeof code !== 'number') throw error;
      return { code, stdout, stderr };
    }
  }

  async function shell(script: string): Promise<string> {
    const { code, stdout, stderr } = await inside(['sh', '-euc', script]);
    if (code === 0) return stdout;
    const journal = await inside(['journalctl', '--no-pager', '--lines', '30']);
    throw new Error(`exit ${code} of: ${script}\n${stdout}${stderr}\n${journal.stdout}`);
  }

  // As systemd does at every boot but in a container, which this one takes itself for: credentials arrive as mounts.
  await shell('mount --make-rshared /');

  return {
    around: ['env', `STATE=${env.STATE}`, 'bash', script, 'exec'],
    run: (...command) => inside(command),
    shell,
    async write(path, content) {
      await shell(
        `mkdir -p '${dirname(path)}' && printf %s '${content.replaceAll("'", `'\\''`)}' >'${path}'`,
      );
    },
    async install(folder) {
      const { stdout: root } = await run('bash', [script, 'root'], { env });
      const { stdout: listed } = await run('npm', ['ls', '--all', '--omit=dev', '--parseable'], {
        cwd: checkout,
        maxBuffer: 1 << 24,
      });
      const packages = listed
        .split('\n')
        .filter((path) => path.includes('/node_modules/'))
        .map((path) => relative(checkout, path));
      const to = join(root.trim(), folder);
      await run('mkdir', ['-p', to]);
      await run(
        'cp',
        ['-a', '--parents', 'dist/bundle', 'systemd', 'package.json', ...packages, to],
        { cwd: checkout },
      );
    },
    async property(unit, name) {
      return (await shell(`systemctl show --property ${name} --value ${unit}`)).trim();
    },
    async close() {
      await run('bash', [script, 'stop'], { env });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
