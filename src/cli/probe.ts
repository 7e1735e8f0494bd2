import type { Config } from '../config/config.js';
import { ContainerDoesNotExistError } from '../drivers/errors.js';
import { randomName } from '../drivers/trial/ground.js';
import type { TrialResult } from '../drivers/trial/trial.js';
import { tryBackend } from '../drivers/trial/try-backend.js';
import { printable } from '../printable.js';
import { OWN_FOLDER } from '../sync/reserved-names.js';
import { ensureContainer } from '../sync/store/container-store.js';
import { findTarget, openTarget } from './drivers.js';
import { EXIT, UsageError } from './exit.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { openConfig } from './open-config.js';
import { noteLine, openOutput } from './output.js';
import { probeInventories } from './probe-inventory.js';
import { probeKeptContent } from './probe-kept.js';
import { type Probed, type ProbeText, probeAsJson, probeAsText } from './probe-text.js';

export interface ProbeOptions {
  /** Default: that of the first mirror that goes to the target. */
  readonly container: string | undefined;
  readonly json: boolean;
  /** Create the container when it is missing. */
  readonly create: boolean;
}

/**
 * `longshore probe`: tests in a target's own container, below a prefix that every mirror ignores, what longshore relies
 * on, and removes all traces; then what the container keeps of deleted content, and whether the inventories are there that its
 * mirrors use. FAILED when a guarantee fails or no test could run, INCOMPLETE when only a
 * capability fails, or an object could not be removed.
 */
export async function probe(
  configFile: string | undefined,
  target: string,
  options: ProbeOptions,
  io: Io,
): Promise<number> {
  const config = await openConfig(io, configFile, 'targets');
  const targetConfig = findTarget(config, target);
  const { container, prefix: mirrored } = placeOf(config, target, options.container);
  const prefix = `${mirrored}${OWN_FOLDER}probe-${randomName()}/`;
  const output = openOutput(io.stdout);
  const text: ProbeText = options.json ? probeAsJson(output.json) : probeAsText(output.line);
  return interruptible(io, async (signal) => {
    let found: string | undefined;
    const backend = await openTarget(targetConfig, io, signal, (report) => {
      found = report;
    });
    try {
      if (options.create && (await ensureContainer(backend, container, signal)))
        noteLine(io.stderr, `created ${printable(container)}`);
      const { name: driver, capabilities } = backend;
      const probed: Probed = { target, driver, found, container, prefix, capabilities };
      const results: TrialResult[] = [];
      let left: readonly string[] = [];
      text.begin(probed);
      const report = (result: TrialResult) => {
        results.push(result);
        text.result(result);
      };
      const cleaned = (kept: readonly string[]) => {
        left = kept;
        text.cleaned(probed, left);
      };
      await tryBackend(
        backend,
        { container, prefix, clock: io.clock, report, cleaned },
        { signal },
      );
      const kept = await probeKeptContent(backend, container, signal);
      const inventories = await probeInventories(config, probed, backend, io, signal);
      [...kept, ...inventories].forEach(report);
      text.end(probed, results, left);
      await output.finish();
      return exitCode(results, left);
    } catch (error) {
      throw error instanceof ContainerDoesNotExistError && error.containerName === container
        ? withAdvice(error, target)
        : error;
    } finally {
      await backend.close();
    }
  });
}

/** Where a target's mirrors keep their objects: what holds in another container may not hold there. */
function placeOf(
  { mirrors }: Config,
  target: string,
  named: string | undefined,
): { readonly container: string; readonly prefix: string } {
  const its = mirrors.filter((mirror) => mirror.target === target);
  const mirror = named === undefined ? its[0] : its.find(({ container }) => container === named);
  if (mirror !== undefined) return mirror;
  if (named !== undefined) return { container: named, prefix: '' };
  throw new UsageError(
    `no mirror goes to target ${JSON.stringify(target)}: say with --container which of its containers to try`,
  );
}

function withAdvice(error: ContainerDoesNotExistError, target: string): Error {
  const { message, containerName } = error;
  return new Error(
    `${message}; make it with: longshore container create ${target} ${containerName}, or with --create, or name another one with --container`,
    { cause: error },
  );
}

function exitCode(results: readonly TrialResult[], left: readonly string[]): number {
  const failed = results.filter(({ verdict }) => verdict === 'failed');
  if (failed.some(({ kind }) => kind === 'guarantee')) return EXIT.FAILED;
  return failed.length > 0 || left.length > 0 ? EXIT.INCOMPLETE : EXIT.OK;
}
