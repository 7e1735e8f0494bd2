import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { type Finished, type Program, run } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';

/** A machine of its own as far as longshore can tell: another configuration, state and source, and the same container. */
interface Machine {
  /** Its state folder. */
  readonly state: string;
  write(name: string): void;
  longshore(...args: readonly string[]): Promise<Finished>;
  daemon(): Program;
}

function openMachines(lease = '10m') {
  const { folder, start } = openWorkspace('lease');
  const at = (name: string) => join(folder, 'vault/documents', name);
  return {
    machine(name: string): Machine {
      const config = join(folder, `${name}.yaml`);
      mkdirSync(join(folder, name));
      writeFileSync(
        config,
        `state: ./state-of-${name}
targets:
  vault: { driver: local, root: ./vault, fsync: false }
mirrors:
  - { name: documents, source: ./${name}, target: vault, container: documents, settle: 20ms, lease: ${lease} }
`,
      );
      return {
        state: join(folder, `state-of-${name}`),
        write: (file) => writeFileSync(join(folder, name, file), `${file} of ${name}`),
        longshore: (...args) => run(['--config', config, ...args], { cwd: folder }),
        daemon: () => start(['--config', config, 'run']),
      };
    },
    contains: (name: string) => existsSync(at(name)),
    lease: () =>
      JSON.parse(readFileSync(at('.longshore/lease'), 'utf8')) as Record<string, unknown>,
  };
}

const holds = (program: Program) => eventually(() => expect(program.stderr()).toMatch(/mirroring/));
const isHeld = (program: Program) =>
  eventually(() => expect(program.stderr()).toMatch(/target-held/));

test('the second of two machines with one container says which holds it, writes nothing, and mirrors when the first stops', async () => {
  const { machine, contains } = openMachines();
  const [first, second] = [machine('first'), machine('second')];
  first.write('a');
  second.write('b');
  const daemon = first.daemon();
  await eventually(() => expect(contains('a')).toBe(true));
  const waiting = second.daemon();
  await isHeld(waiting);
  expect(waiting.stderr()).toContain(`pid ${daemon.child.pid}`);
  const status = await second.longshore('status', '--json');
  expect(JSON.parse(status.stdout)).toMatchObject({
    mirrors: [{ state: 'target-held', lease: { held: false } }],
  });
  expect(contains('b')).toBe(false);

  await endWhenDone(first, daemon);
  await eventually(() => expect(contains('b')).toBe(true));
  await endWhenDone(second, waiting);
});

test('P5: a daemon that was killed takes its lease again at once, and so does another on the same system', async () => {
  const { machine, contains, lease } = openMachines();
  const [first, second] = [machine('first'), machine('second')];
  const killed = first.daemon();
  await holds(killed);
  killed.kill('SIGKILL');
  await killed.finished;
  const again = first.daemon();
  await holds(again);
  expect(again.stderr()).not.toMatch(/target-held|taken over/);
  again.kill('SIGKILL');
  await again.finished;
  second.write('b');
  const other = second.daemon();
  await eventually(() => expect(contains('b')).toBe(true));
  expect(other.stderr()).toContain('lease taken over');
  expect(lease()).toMatchObject({ fence: 3, released: false });
});

test('a machine that stood still for too long loses its lease, and writes nothing when it goes on', async () => {
  const { machine, contains, lease } = openMachines('4s');
  const [first, second] = [machine('first'), machine('second')];
  first.write('a');
  second.write('b');
  const stopped = first.daemon();
  await eventually(() => expect(contains('a')).toBe(true));
  stopped.kill('SIGSTOP');
  const other = second.daemon();
  await isHeld(other);
  await eventually(() => expect(contains('b')).toBe(true));
  // It sees these changes as soon as it goes on, before its lease is due for renewal.
  for (let file = 0; file < 50; file += 1) first.write(`late${file}`);
  stopped.kill('SIGCONT');
  await isHeld(stopped);
  expect(stopped.stderr()).toContain(`pid ${other.child.pid}`);
  for (let file = 0; file < 50; file += 1) expect(contains(`late${file}`)).toBe(false);
  expect(lease()).toMatchObject({ holder: { pid: other.child.pid } });

  // In the other direction: the first machine finds what it had to skip.
  other.kill('SIGTERM');
  await other.finished;
  await eventually(() => expect(contains('late49')).toBe(true));
});

test('a one-shot run on a container that a daemon holds exits 1 and says what to do; with --take-over it takes the lease, and the daemon stops', async () => {
  const { machine, contains } = openMachines('20s');
  const [first, second] = [machine('first'), machine('second')];
  second.write('b');
  const daemon = first.daemon();
  await holds(daemon);
  const refused = await second.longshore('--reconcile');
  expect(refused.code).toBe(1);
  expect(refused.stdout + refused.stderr).toMatch(
    /mirrored to by mirror documents on host .* --take-over/s,
  );
  expect(contains('b')).toBe(false);

  const taken = await second.longshore('--reconcile', '--take-over');
  expect(taken.code, taken.stderr).toBe(0);
  expect(contains('b')).toBe(true);
  // Released at the end of the run, so that the first one may have it again: by a reconcile, as others were there.
  first.write('a');
  await eventually(() => expect(daemon.stderr()).toMatch(/may hold other objects/));
  await eventually(() => expect(contains('a')).toBe(true));
});

test('a one-shot run releases its lease; a dry run takes none, and a mirror with lease: 0 takes none', async () => {
  const { machine, lease, contains } = openMachines();
  const [first, second] = [machine('first'), machine('second')];
  first.write('a');
  expect((await first.longshore('--reconcile', '--dry-run')).code).toBe(5);
  expect(contains('.longshore/lease')).toBe(false);
  expect((await first.longshore('--reconcile')).code).toBe(0);
  expect(lease()).toMatchObject({ released: true, fence: 1 });
  expect((await second.longshore('--reconcile')).code).toBe(0);
  expect(lease()).toMatchObject({ released: true, fence: 2 });

  const none = openMachines('0');
  const third = none.machine('third');
  third.write('c');
  expect((await third.longshore('--reconcile')).code).toBe(0);
  expect(none.contains('c')).toBe(true);
  expect(none.contains('.longshore/lease')).toBe(false);
});
