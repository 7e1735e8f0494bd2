import { printable } from '../printable.js';
import { NEVER_ABORTED } from '../signal.js';
import { askDaemon } from '../status/client.js';
import type { AskedVerifyRow } from '../status/schema-verify.js';
import { bytes, counted } from '../status/units.js';
import { type AskingCommand, withDaemon } from './ask.js';
import { EXIT } from './exit.js';
import type { Io } from './io.js';

export interface VerifyInDaemon {
  readonly mirrors: readonly string[];
  /** As written: `5%`, `10GiB`, `all`. */
  readonly readBack: string;
  readonly json: boolean;
}

const LOOK_EVERY_MS = 500;

/**
 * `longshore verify --daemon`: the running daemon reads the share back, records the proofs and heals where `verify` of the mirror says so.
 * Waits for the end; an interrupt ends the reading. WORK_DUE when something is wrong, INCOMPLETE when it was not read to the end.
 */
export async function verifyInDaemon(
  configFile: string | undefined,
  { mirrors, readBack, json }: VerifyInDaemon,
  io: Io,
): Promise<number> {
  const codes: number[] = [];
  const code = await withDaemon(configFile, io, async (command) => {
    for (const mirror of mirrors) {
      const asked = await readBackNow(command, mirror, readBack);
      codes.push(codeOf(asked));
      if (json) command.output.json({ event: 'verified', mirror, ...asked });
      else for (const line of linesOf(mirror, asked)) command.output.line(line);
    }
  });
  if (code !== EXIT.OK) return code;
  return [EXIT.WORK_DUE, EXIT.INCOMPLETE].find((each) => codes.includes(each)) ?? EXIT.OK;
}

/** Resolves with what was found when the daemon has read the share. */
async function readBackNow(
  { get, post, asking, io, signal }: AskingCommand,
  mirror: string,
  readBack: string,
): Promise<AskedVerifyRow> {
  const route = `/mirrors/${encodeURIComponent(mirror)}/verify`;
  const before = await askedOf(get, mirror);
  await post(route, { readBack });
  try {
    for (;;) {
      const asked = await askedOf(get, mirror);
      const isAnother = asked?.startedAtMs !== before?.startedAtMs;
      if (asked !== null && isAnother && asked.state !== 'running') return asked;
      await io.clock.sleep(LOOK_EVERY_MS, signal);
    }
  } catch (error) {
    const ending = { ...asking, signal: NEVER_ABORTED, body: {} };
    if (signal.aborted) await askDaemon('POST', `/api/v1${route}/stop`, ending).catch(() => {});
    throw error;
  }
}

async function askedOf(get: AskingCommand['get'], mirror: string): Promise<AskedVerifyRow | null> {
  const answer = (await get('/verify', { mirror })) as { readonly asked?: AskedVerifyRow | null };
  return answer.asked ?? null;
}

function codeOf({ state, wrongObjects, unreadable }: AskedVerifyRow): number {
  if (wrongObjects > 0) return EXIT.WORK_DUE;
  return state !== 'finished' || unreadable > 0 ? EXIT.INCOMPLETE : EXIT.OK;
}

function linesOf(mirror: string, asked: AskedVerifyRow): readonly string[] {
  const { state, objects, bytes: size, proven, unreadable, unverified } = asked;
  const { wrong, wrongObjects, error } = asked;
  const name = printable(mirror);
  const counts = [
    `${counted(proven, 'object')} proven`,
    ...(wrongObjects > 0 ? [`${wrongObjects} wrong`] : []),
    ...(unreadable > 0 ? [`${unreadable} could not be read`] : []),
    ...(unverified > 0 ? [`${unverified} without a digest`] : []),
  ];
  return [
    ...wrong.map(({ name: object, problem }) => `${name}: ${printable(object)} is ${problem}`),
    `${name}: ${counted(objects, 'object')} read back, ${bytes(size)}: ${counts.join(', ')}`,
    ...(state === 'finished' ? [] : [`${name}: ${state}${error === null ? '' : `: ${error}`}`]),
  ];
}
