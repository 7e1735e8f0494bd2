import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a package is made of, and which one it is. */
export interface Release {
  /** The checkout, with a build in `dist` and the installed dependencies. */
  readonly checkout: string;
  readonly version: string;
  /** Seconds since 1970 that each file of a package has as its time, so that two builds of one commit are equal. */
  readonly epoch: number;
}

/**
 * The version of package.json unless another is named. The time is `SOURCE_DATE_EPOCH`
 * (https://reproducible-builds.org/specs/source-date-epoch/) or that of the last commit.
 *
 * @throws Error where neither is to be had
 */
export async function describeRelease(
  checkout: string,
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Release> {
  const { version } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as {
    version: string;
  };
  return { checkout, version: named ?? version, epoch: await epochOf(checkout, env) };
}

async function epochOf(
  checkout: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const given = env['SOURCE_DATE_EPOCH'];
  const text = given ?? (await timeOfLastCommit(checkout));
  if (!/^\d{1,11}$/.test(text))
    throw new Error(`SOURCE_DATE_EPOCH is ${JSON.stringify(text)}: expected seconds since 1970`);
  return Number(text);
}

async function timeOfLastCommit(checkout: string): Promise<string> {
  try {
    const { stdout } = await run('git', ['log', '-1', '--format=%ct'], { cwd: checkout });
    return stdout.trim();
  } catch (cause) {
    throw new Error(
      'there is no git checkout whose last commit gives the time of this version: set SOURCE_DATE_EPOCH',
      {
        cause,
      },
    );
  }
}
