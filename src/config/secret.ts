import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';

/** Where a configuration is: the base of its relative paths, its `~/` and its environment variables. */
export interface ConfigContext {
  /** Absolute folder of the configuration file. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How a configuration names a secret: itself, or where it is kept. */
export type SecretSource =
  | { readonly literal: string }
  /** Name of an environment variable. */
  | { readonly env: string }
  /** Path of a file, relative to the configuration file; one line end at its end is not part of the secret. */
  | { readonly file: string }
  /** Name of a systemd credential (`LoadCredential=`): a file in `$CREDENTIALS_DIRECTORY`. See systemd.exec(5), "Credentials". */
  | { readonly credential: string };

/** A secret that is not where the configuration says. The message names the place, never the content. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

const LARGEST_SECRET_FILE = 65_536;

/** A text that never prints itself: not in logs, errors, JSON or a debugger's listing. */
export class Secret {
  readonly #find: () => string;
  readonly #source: string;
  #value: string | undefined;
  /** Whether the configuration file itself holds the secret. */
  readonly literal: boolean;

  /** Nothing is read before the first `reveal`, so that a command that needs no secret runs without them. */
  constructor(source: SecretSource, place: ConfigContext) {
    this.literal = 'literal' in source;
    this.#source = JSON.stringify([source, place.folder]);
    this.#find = () => find(source, place);
  }

  /** The secret; looked up at the first call and kept. One that is missing, empty or more than one line throws SecretError. */
  reveal(): string {
    this.#value ??= this.#find();
    return this.#value;
  }

  /** The secret, looked up at each call, for what must notice that its file changes. Throws as `reveal` does. */
  lookUp(): string {
    return this.#find();
  }

  /** Whether it is named in the same way, and where this one was looked up, says the same now. False where it is missing now. */
  sameAs(other: Secret): boolean {
    if (this.#source !== other.#source) return false;
    if (this.#value === undefined) return true;
    try {
      return this.#value === other.reveal();
    } catch {
      return false;
    }
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

function find(source: SecretSource, place: ConfigContext): string {
  if ('literal' in source) return sound(source.literal, 'a secret in the configuration');
  if ('env' in source) return fromEnvironment(source.env, place);
  if ('file' in source) return fromFile(resolve(place.folder, source.file), 'secret file');
  return fromFile(
    join(credentialsFolder(source.credential, place), source.credential),
    'systemd credential',
  );
}

function fromEnvironment(variable: string, { env }: ConfigContext): string {
  const value = env[variable];
  if (value === undefined) {
    throw new SecretError(
      `environment variable ${variable} is not set; set it (under systemd: EnvironmentFile=) or use { file: PATH }`,
    );
  }
  return sound(value, `environment variable ${variable}`);
}

function credentialsFolder(credential: string, { env }: ConfigContext): string {
  const folder = env['CREDENTIALS_DIRECTORY'];
  if (folder === undefined || folder === '') {
    throw new SecretError(
      `systemd credential "${credential}" cannot be read: CREDENTIALS_DIRECTORY is not set; the unit needs LoadCredential=${credential}:PATH`,
    );
  }
  return folder;
}

function fromFile(path: string, what: string): string {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new SecretError(
      `${what} ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  if (content.length > LARGEST_SECRET_FILE)
    throw new SecretError(
      `${what} ${path} is over ${LARGEST_SECRET_FILE} characters long: not a secret?`,
    );
  return sound(content.replace(/\r?\n$/, ''), `${what} ${path}`);
}

/** Refuses line ends, as no request can carry them and a provider would only report a wrong secret. @throws SecretError */
function sound(value: string, where: string): string {
  if (value === '') throw new SecretError(`${where} is empty`);
  if (/[\0-\x1f\x7f]/.test(value)) {
    throw new SecretError(
      `${where} has a line end or another control character in it; a secret is one line: write it again without them`,
    );
  }
  return value;
}

/** Every Secret inside checked settings, with the path of keys that leads to it. */
export function secretsIn(
  settings: unknown,
  path: readonly string[] = [],
): { readonly path: readonly string[]; readonly secret: Secret }[] {
  if (settings instanceof Secret) return [{ path, secret: settings }];
  if (typeof settings !== 'object' || settings === null) return [];
  return Object.entries(settings).flatMap(([key, value]) => secretsIn(value, [...path, key]));
}
