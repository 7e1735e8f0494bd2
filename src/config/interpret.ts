import { channelProblems, namedChannels } from './channels.js';
import { type Complaint, complaintsBelow, type Reading } from './complaint.js';
import type { Config, MirrorConfig } from './config.js';
import {
  crossChecks,
  type PlacedMirror,
  type PlacedTarget,
  type PlaceProblem,
} from './cross-checks.js';
import { list, named, read, type Schema, section, unchecked } from './fields.js';
import { logFilePatterns, logOf, logProblems } from './log.js';
import { metricsOf } from './metrics.js';
import { NAME, NAME_RULE } from './name.js';
import { isInside, patternBelow } from './places.js';
import { queueOf, workerOf } from './queue.js';
import { queueProblems } from './queue-checks.js';
import { readMirror } from './read-mirror.js';
import { generalFields, mirrorSection, targetFields } from './schema.js';
import type { ConfigContext } from './secret.js';
import { statusPageOf, statusPageProblems } from './status-page.js';
import { didYouMean } from './suggest.js';

/** What the configuration needs to know about one kind of driver. */
export interface DriverSettings {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  settings(place: ConfigContext): Schema;
  /** Headers that a mirror's rules may set for objects of a target. Missing: none. */
  objectHeaders?(settings: unknown): readonly string[];
  readonly hasInventories?: true;
  /** The local folders that hold a target's objects, if any, as absolute paths: containers are folders in them. */
  folders?(settings: unknown): readonly string[];
  /** Why a mirror cannot be at this place, as far as names alone tell; `onlyNew`: unless the container is there already. */
  placeProblem?(
    place: { readonly container: string; readonly prefix: string },
    settings: unknown,
  ): PlaceProblem | undefined;
}

export interface KnownDrivers {
  readonly all: readonly DriverSettings[];
  /** By name or alias, in any case. An unknown name throws an error whose message lists the known ones. */
  find(name: string): DriverSettings;
}

/** What a command needs of a configuration. With `targets`, the list of mirrors may be missing: then there are none. */
export type Needs = 'mirrors' | 'targets';

/** Resolves symbolic links as far as the path exists, so that no folder hides behind another name. */
export type RealPath = (path: string) => string;

export type Interpreted =
  | { readonly config: Omit<Config, 'file' | 'warnings'>; readonly complaints?: undefined }
  | { readonly config?: undefined; readonly complaints: readonly Complaint[] };

/**
 * Turns plain data into a configuration, or returns all complaints: each target and each mirror is read on its
 * own, so that a bad key in one hides nothing about the others.
 */
export function interpret(
  written: unknown,
  place: ConfigContext,
  drivers: KnownDrivers,
  realPath: RealPath,
  needs: Needs = 'mirrors',
): Interpreted {
  const general = readGeneral(written, place, needs);
  const sections = isSection(written) ? written : {};
  const targets = Object.entries(isSection(sections['targets']) ? sections['targets'] : {}).map(
    ([name, section]) => readTarget(name, section, place, drivers, realPath),
  );
  const mirrorSchema = mirrorSection(place);
  const mirrors = (Array.isArray(sections['mirrors']) ? sections['mirrors'] : []).map(
    (section: unknown, position) => readMirror(mirrorSchema, section, position, realPath),
  );
  const placed = { targets: values(targets), mirrors: values(mirrors) };
  const complaints = [
    ...[general, ...targets, ...mirrors].flatMap((reading) => reading.complaints ?? []),
    ...channelProblems(general.value?.notify ?? [], placed.mirrors),
    ...statusPageProblems(general.value?.status),
    ...(general.value === undefined ? [] : queueProblems(general.value, placed.mirrors)),
    ...logProblems(general.value?.log.file, placed.targets, realPath),
    ...crossChecks({
      ...placed,
      state: general.value && realPath(general.value.state),
      targetNames: isSection(sections['targets']) ? Object.keys(sections['targets']) : [],
    }),
  ];
  if (general.value === undefined || complaints.length > 0) return { complaints };
  const { state, log, drain, metrics, notify, heartbeat, status, queue, worker } = general.value;
  return {
    config: {
      stateFolder: state,
      log: logOf(log),
      drainMs: drain,
      metrics: metricsOf(metrics),
      notify: namedChannels(notify),
      heartbeat,
      statusPage: statusPageOf(status),
      queue: queueOf(queue),
      worker: workerOf(worker),
      targets: placed.targets.map(({ target }) => target),
      mirrors: placed.mirrors.map((mirror) =>
        withoutOwnFiles(mirror, realPath(state), log.file && realPath(log.file.path)),
      ),
    },
  };
}

function readGeneral(written: unknown, place: ConfigContext, needs: Needs) {
  const mirrors = list('What is mirrored.', unchecked()).refine(
    (each) => each.length > 0,
    'expected at least one mirror',
  );
  const schema = section('The configuration.', {
    ...generalFields(place),
    targets: named('Where mirrors go to.', unchecked()).refine(
      (targets) => Object.keys(targets).length > 0,
      'expected at least one target',
    ),
    mirrors: needs === 'mirrors' ? mirrors : mirrors.optional(),
  });
  return read(schema, written);
}

function readTarget(
  name: string,
  written: unknown,
  place: ConfigContext,
  drivers: KnownDrivers,
  realPath: RealPath,
): Reading<PlacedTarget> {
  const path = ['targets', name];
  const wrongName = NAME.test(name) ? [] : [{ path, message: `expected a name of ${NAME_RULE}` }];
  if (!isSection(written))
    return refused([
      ...wrongName,
      ...complaintsBelow(path, read(section('A target.', targetFields), written)),
    ]);
  const [shared, own] = divide(written, (key) => Object.hasOwn(targetFields, key));
  const common = read(section('A target.', targetFields), shared);
  if (common.value === undefined) return refused([...wrongName, ...complaintsBelow(path, common)]);
  const kind = attempt(() => drivers.find(common.value.driver));
  if (kind instanceof Error)
    return refused([
      ...wrongName,
      ...complaintsBelow(path, common),
      {
        path: [...path, 'driver'],
        message: `${kind.message}${nearestDriver(common.value.driver, drivers)}`,
      },
    ]);
  const settings = read(kind.settings(place), own);
  if (settings.complaints !== undefined || wrongName.length > 0)
    return refused([...wrongName, ...complaintsBelow(path, settings)]);
  const {
    concurrency,
    bandwidth,
    request_rate: requestRate,
    multipart_threshold: multipartThreshold,
    part_size: partSize,
  } = common.value;
  return {
    value: {
      target: {
        name,
        driver: kind.name,
        settings: settings.value,
        concurrency,
        bandwidth,
        requestRate,
        multipartThreshold,
        partSize,
      },
      objectHeaders: kind.objectHeaders?.(settings.value) ?? [],
      hasInventories: kind.hasInventories === true,
      folders: (kind.folders?.(settings.value) ?? []).map(realPath),
      placeProblem: (place) => kind.placeProblem?.(place, settings.value),
    },
  };
}

/** The state folder, and perhaps the log file, changes with every object: a mirror of it would never settle. */
function withoutOwnFiles(
  { mirror, source }: PlacedMirror,
  state: string,
  logFile: string | undefined,
): MirrorConfig {
  const patterns = [
    ...(isInside(state, source) ? [patternBelow(source, state)] : []),
    ...(logFile !== undefined && isInside(logFile, source) ? logFilePatterns(source, logFile) : []),
  ];
  return patterns.length > 0 ? { ...mirror, exclude: [...mirror.exclude, ...patterns] } : mirror;
}

/** Splits the entries into the chosen ones and the others. */
function divide(
  written: Readonly<Record<string, unknown>>,
  chosen: (key: string) => boolean,
): [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>] {
  const entries = Object.entries(written);
  return [
    Object.fromEntries(entries.filter(([key]) => chosen(key))),
    Object.fromEntries(entries.filter(([key]) => !chosen(key))),
  ];
}

function isSection(written: unknown): written is Readonly<Record<string, unknown>> {
  return typeof written === 'object' && written !== null && !Array.isArray(written);
}

function refused<T>(complaints: readonly Complaint[]): Reading<T> {
  return { complaints };
}

function values<T>(readings: readonly Reading<T>[]): T[] {
  return readings.flatMap(({ value }) => (value === undefined ? [] : [value]));
}

function attempt<T>(run: () => T): T | Error {
  try {
    return run();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function nearestDriver(written: string, { all }: KnownDrivers): string {
  return didYouMean(
    written,
    all.map(({ name }) => name),
  );
}
