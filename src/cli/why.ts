import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isoTime } from '../clock.js';
import type { Config } from '../config/config.js';
import { findDriver } from '../drivers/registry/registry.js';
import { explainedObject, placesIn } from '../explained-object.js';
import { mirrorSettings } from '../mirror-settings.js';
import { escapeUnprintable, printable } from '../printable.js';
import { openStateCopy } from '../state/open-copy.js';
import { DaemonNotRunningError } from '../status/client.js';
import { explainObject } from '../status/explain-object.js';
import type { WhyAnswer } from '../status/schema-why.js';
import { createSourceView } from '../sync/source/source-view.js';
import { type AskingCommand, withDaemon } from './ask.js';
import type { Io } from './io.js';
import { type NamedObject, namesOfPath } from './names-of-path.js';
import { findMirror } from './open-config.js';
import type { Output } from './output.js';

export interface WhyCommand {
  readonly path: string;
  readonly mirror: string | undefined;
  readonly json: boolean;
}

/** `longshore why PATH`: asks the daemon; without one, the disk and the index say what they can. */
export function why(
  configFile: string | undefined,
  { path, mirror, json }: WhyCommand,
  io: Io,
): Promise<number> {
  return withDaemon(configFile, io, async (command) => {
    const { config, output, get } = command;
    for (const object of namesOfPath(config, path, mirror, io)) {
      const answer = await get('/why', { ...object }).catch((error: unknown) => {
        if (!(error instanceof DaemonNotRunningError)) throw error;
        return withoutDaemon(object, command);
      });
      if (json) output.json(answer);
      else print(answer as WhyAnswer, output);
    }
  });
}

function print({ mirror, name, steps }: WhyAnswer, output: Output): void {
  output.line(`${printable(name)} (${printable(mirror)})`);
  const width = Math.max(...steps.map(({ step }) => step.length));
  for (const { step, atMs, text, at, etag, versionId } of steps) {
    const facts = [
      ...(at === undefined ? [] : [at]),
      ...(etag === undefined ? [] : [`etag ${etag}`]),
      ...(versionId === undefined ? [] : [`version ${versionId}`]),
    ];
    const suffix = facts.length === 0 ? '' : ` [${facts.join(', ')}]`;
    const when = atMs === null ? '' : `${isoTime(atMs)}  `;
    output.line(
      `  ${step.padEnd(width)}  ${when}${escapeUnprintable(text)}${printableFacts(suffix)}`,
    );
  }
}

function printableFacts(text: string): string {
  return escapeUnprintable(text);
}

/** Object names of this length fit every provider; the driver's own limit is known once its target is open. */
const USUAL_NAME_BYTES = 1024;

async function withoutDaemon(
  { mirror, name }: NamedObject,
  { config, io, signal }: AskingCommand,
): Promise<WhyAnswer> {
  const found = findMirror(config, mirror);
  const settings = settingsOf(config, mirror);
  const isKnown = existsSync(join(config.stateFolder, 'mirrors', mirror));
  const state = isKnown
    ? await openStateCopy({
        folder: config.stateFolder,
        mirrors: [{ name: mirror, engine: found.index }],
        clock: io.clock,
        signal,
      })
    : undefined;
  try {
    const store = state?.mirrors.get(mirror);
    const source = createSourceView(
      settings,
      USUAL_NAME_BYTES,
      () => store?.ledger.read() ?? {},
      io.clock,
    );
    const index = { get: (object: string) => store?.index.get(object) };
    const facts = { settings, source, index, mirror };
    const object = await explainedObject(facts, placesIn(config.file), name);
    return { mirror, name, steps: [...explainObject(object, undefined, io.clock.now())] };
  } finally {
    await state?.close();
  }
}

function settingsOf(config: Config, name: string): ReturnType<typeof mirrorSettings> {
  const mirror = findMirror(config, name);
  const target = config.targets.find((each) => each.name === mirror.target);
  if (target === undefined)
    throw new TypeError(`target ${mirror.target} was checked and is not there`);
  return mirrorSettings(config, mirror, target, findDriver);
}
