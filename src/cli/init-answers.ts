import { resolve } from 'node:path';
import { didYouMean } from '../config/suggest.js';
import { UsageError } from './exit.js';
import type { FoundAccount } from './init-account.js';
import type { SecretsToPlace } from './init-secrets.js';
import {
  containerAndPrefix,
  findKind,
  type PlaceOptions,
  settingsOfPlace,
} from './remote-place.js';

/** What a first configuration is made of, from the command line or from answers. */
export interface Answers {
  /** Absolute; undefined: `./data` beside the configuration. */
  readonly source: string | undefined;
  readonly destination: Destination;
  readonly deletes: string;
  /** Where the status page listens; undefined: nowhere. */
  readonly page: string | undefined;
}

export type Destination = FolderDestination | AccountDestination;

interface FolderDestination {
  readonly kind: 'folder';
  /** As it was given; undefined: `./containers` beside the configuration. */
  readonly path: string | undefined;
}

export interface AccountDestination {
  readonly kind: 'account';
  readonly driver: string;
  /** Settings that are no secrets. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Undefined: the driver looks for them itself. */
  readonly secrets: SecretsToPlace | undefined;
  readonly container: string;
  readonly prefix: string;
}

export interface GivenDestination extends PlaceOptions {
  /** A folder, `local:FOLDER`, or `DRIVER:CONTAINER[/PREFIX]`. */
  readonly to: string | undefined;
  /** The id of a found account. */
  readonly account: string | undefined;
}

/** The destination that the command line gives. @throws UsageError */
export function givenDestination(
  { to, account, profile, region, endpoint, option }: GivenDestination,
  accounts: readonly FoundAccount[],
): Destination {
  const [, driverName, rest = ''] = /^([a-z][a-z0-9_]*):(.*)$/s.exec(to ?? '') ?? [];
  const kind = driverName === undefined ? undefined : findKind(driverName);
  if (kind === undefined || kind.name === 'local') {
    if ([account, profile, region, endpoint, option].some((each) => each !== undefined))
      throw new UsageError(
        '--account, --profile, --region, --endpoint and --option belong to --to DRIVER:CONTAINER[/PREFIX]',
      );
    return { kind: 'folder', path: kind === undefined ? to : rest };
  }
  const found = accountFor(kind.name, { account, endpoint }, accounts);
  const own = settingsOfPlace(kind.name, {
    ...(profile !== undefined && { profile }),
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(option !== undefined && { option }),
  });
  const place = placeIn(rest);
  if (found === undefined)
    return { kind: 'account', driver: kind.name, settings: own, secrets: undefined, ...place };
  return { ...destinationAt(found, place, own), driver: kind.name };
}

/** Settings that give access: with one of them, no other that was found is used. */
const ACCESS = ['key', 'aws_profile', 'sas', 'tenant_id', 'credentials_file', 'auth', 'auth_type'];

/** A place in a found account; `more`: settings that go before those that were found. */
export function destinationAt(
  { driver, endpoint, settings, ...access }: FoundAccount,
  place: Pick<AccountDestination, 'container' | 'prefix'>,
  more: Readonly<Record<string, unknown>> = {},
): AccountDestination {
  const where =
    driver !== 'swift' && endpoint !== undefined ? settingsOfPlace(driver, { endpoint }) : {};
  const chosen = { ...where, ...settings, ...more };
  const hasKeys = ACCESS.some((each) => each in more);
  return {
    kind: 'account',
    driver,
    settings: chosen,
    secrets: hasKeys ? undefined : access,
    ...place,
  };
}

/** `CONTAINER[/PREFIX]`. @throws UsageError when there is no container in it */
export function placeIn(text: string): Pick<AccountDestination, 'container' | 'prefix'> {
  const place = containerAndPrefix(text);
  if (place.container === '')
    throw new UsageError(
      `expected CONTAINER[/PREFIX] such as backups/laptop, got ${JSON.stringify(text)}`,
    );
  return place;
}

/** The account that is named, or the first of the driver that is at the endpoint, where one is given. */
function accountFor(
  driver: string,
  {
    account,
    endpoint,
  }: { readonly account: string | undefined; readonly endpoint: string | undefined },
  accounts: readonly FoundAccount[],
): FoundAccount | undefined {
  const usable = accounts.filter((each) => each.driver === driver || each.id === driver);
  if (account === undefined)
    return usable.find(
      (each) => endpoint === undefined || [endpoint, undefined].includes(each.endpoint),
    );
  const found = usable.find(({ id }) => id === account);
  if (found !== undefined) return found;
  const known = usable.map(({ id }) => id);
  throw new UsageError(
    `no account called ${JSON.stringify(account)} was found${didYouMean(account, known)}\naccounts: ${known.join(', ') || 'none'}`,
  );
}

/** A folder as a person types it: `~/` is the home folder. */
export function folderOf(
  written: string,
  { cwd, home }: { readonly cwd: string; readonly home: string | undefined },
): string {
  const path = home !== undefined ? written.replace(/^~(?=\/|$)/, () => home) : written;
  return resolve(cwd, path);
}
