import { spawnSync } from 'node:child_process';

/** One run of a program: wall time, CPU time (user and system) in seconds, and peak memory. */
export interface Timing {
  readonly seconds: number;
  readonly cpu: number;
  readonly rssMiB: number;
}

/** The runs of each program, by its name. The first one is ours. */
export type Runs = Readonly<Record<string, readonly Timing[]>>;

/** Runs a command under GNU time, which counts its children as well. Throws with what it said when it ends with another code. */
export function time(
  command: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  accept: readonly number[] = [0],
): Timing {
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '\n%e %U %S %M', ...command], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env,
  });
  if (!accept.includes(status ?? -1))
    throw new Error(`${command.join(' ')} ended with ${status}:\n${stderr}`);
  const [seconds, user, system, kib] = (stderr.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number) as [number, number, number, number];
  return { seconds, cpu: user + system, rssMiB: kib / 1024 };
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Prints the medians of each program, how many times as much as ours it took, and each run's wall time. */
export function report(title: string, runs: Runs): void {
  console.log(`\n${title}`);
  const medians = Object.entries(runs).map(([name, timings]) => ({
    name,
    seconds: median(timings.map(({ seconds }) => seconds)),
    cpu: median(timings.map(({ cpu }) => cpu)),
    rss: median(timings.map(({ rssMiB }) => rssMiB)),
    all: timings.map(({ seconds }) => seconds.toFixed(2)).join(' '),
  }));
  const [own] = medians;
  for (const { name, seconds, cpu, rss, all } of medians) {
    const ratios =
      own === undefined
        ? ''
        : `wall x${(seconds / own.seconds).toFixed(2)}, CPU x${(cpu / own.cpu).toFixed(2)}`;
    console.log(
      `  ${name.padEnd(28)} ${seconds.toFixed(2).padStart(7)} s  ${cpu.toFixed(2).padStart(7)} s CPU  ${rss.toFixed(0).padStart(5)} MiB  ${ratios.padEnd(24)}  (${all})`,
    );
  }
}
