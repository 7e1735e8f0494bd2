import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { printable } from '../printable.js';
import { EXIT, UsageError } from './exit.js';
import type { Io } from './io.js';
import { noteLine, openOutput } from './output.js';
import { type Remote, type Target, targetOf } from './rclone-remotes.js';

/** What an rclone configuration begins with that a password protects. */
const ENCRYPTED = 'RCLONE_ENCRYPT_V';

/**
 * `longshore import FILE`: prints targets for the remotes of an rclone configuration, as YAML. What has no counterpart is named
 * on stderr, remote by remote. Exits with 3 when not all of them became targets.
 */
export async function importRemotes(file: string, io: Io): Promise<number> {
  const remotes = parseRemotes(await readRemotes(resolve(io.cwd, file)));
  const output = openOutput(io.stdout);
  let left = 0;
  output.line('targets:');
  for (const remote of remotes) {
    const made = targetOf(remote, remotes);
    for (const note of made.notes) noteLine(io.stderr, `${printable(remote.name)}: ${note}`);
    if (made.target === undefined) left += 1;
    else output.line(`  ${lineOf(remote.name, made.target)}`);
  }
  await output.finish();
  return left === 0 ? EXIT.OK : EXIT.INCOMPLETE;
}

/** YAML in one line: JSON is YAML. */
function lineOf(name: string, target: Target): string {
  return `${JSON.stringify(nameOf(name))}: ${JSON.stringify(target)}`;
}

/** A name that a configuration takes; those of rclone may have spaces in them. */
function nameOf(remote: string): string {
  return remote.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '') || 'remote';
}

async function readRemotes(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${path} cannot be read: ${reason}`, { cause: error });
  }
  if (text.includes(ENCRYPTED))
    throw new UsageError(
      `${path} is protected by a password: print it with "rclone config show", into a file that only you can read, and name that`,
    );
  return text;
}

/** Sections `[NAME]` with lines `KEY = VALUE`; `#` and `;` begin comments. A name that comes twice has its last values. */
export function parseRemotes(text: string): readonly Remote[] {
  const remotes = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/).map((each) => each.trim())) {
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const [, name] = /^\[(.+)\]$/.exec(line) ?? [];
    if (name !== undefined) {
      section = remotes.get(name) ?? new Map();
      remotes.set(name, section);
      continue;
    }
    const equals = line.indexOf('=');
    if (section === undefined || equals <= 0)
      throw new UsageError(
        `this is no configuration of rclone: ${JSON.stringify(line.slice(0, 40))}`,
      );
    section.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  }
  return [...remotes].map(([name, options]) => ({ name, options }));
}
