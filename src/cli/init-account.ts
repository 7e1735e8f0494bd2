/** An account at a provider that `init` found: what a target says of it. */
export interface FoundAccount {
  /** What `--account` calls it, such as `aws`, `aws:work`, `minio`, `mc:play`, `swift`, `azure`, `google` or `b2`. */
  readonly id: string;
  /** For people: what it is, and where it was found. */
  readonly label: string;
  readonly driver: AccountDriver;
  /** As in `http://127.0.0.1:9000`; undefined: the provider's own. */
  readonly endpoint: string | undefined;
  /** Settings of the target that are no secrets, without those that the endpoint gives. */
  readonly settings: Readonly<Record<string, string>>;
  /** Secrets by the setting that takes them. */
  readonly secrets: Readonly<Record<string, FoundSecret>>;
  /** Files with secrets in them, by the setting that takes the path. Missing: none. */
  readonly files?: Readonly<Record<string, FoundFile>>;
  /** What stands for the secrets where the program runs as the user who has them. */
  readonly reference: Readonly<Record<string, string>> | undefined;
  /** True: what gives access is this user's alone (a login, a role, a program), and no other user can be given it. */
  readonly isPersonal?: true;
}

export type AccountDriver = 's3' | 'swift' | 'backblaze_b2' | 'azure_blobs' | 'google_storage';

export interface FoundSecret {
  readonly value: string;
  /** The environment variable that has it, and nothing else; undefined: it is a part of something. */
  readonly variable: string | undefined;
}

export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  readonly content: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** `host:port`, `:port` and URLs without a path, as URLs; undefined for anything else. */
export function urlOf(written: string | undefined): string | undefined {
  if (!written) return undefined;
  const text = written.includes('://') ? written : `http://${written.replace(/^:/, '127.0.0.1:')}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === '/';
  return isPlain && url.username === '' ? url.origin : undefined;
}

/** The name of the first of these variables that is set. */
export function first(env: Environment, ...names: readonly string[]): string | undefined {
  return names.find((name) => (env[name] ?? '') !== '');
}

/** The secrets that variables have; each setting may have several. */
export function secretsOf(
  env: Environment,
  names: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, FoundSecret>> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([setting, variables]) => {
      const variable = first(env, ...variables);
      return variable === undefined ? [] : [[setting, { value: env[variable] ?? '', variable }]];
    }),
  );
}

export function hasKeys(secrets: Readonly<Record<string, FoundSecret>>): boolean {
  return secrets['key'] !== undefined && secrets['secret'] !== undefined;
}

/** A secret that is a part of something. */
export function part(value: string): FoundSecret {
  return { value, variable: undefined };
}
