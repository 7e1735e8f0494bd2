import { StorageError } from '../errors.js';
import { GOOGLE } from './errors.js';
import type { GoogleSettings } from './settings.js';

const HOST = 'storage.googleapis.com';

type Addressed = Pick<GoogleSettings, 'host' | 'port' | 'secure' | 'environment'>;

/** `https://HOST[:PORT]`. An emulator, which all of Google's clients look for in STORAGE_EMULATOR_HOST, goes before the default. */
export function originOf(settings: Addressed): string {
  const emulator = emulatorOf(settings);
  if (emulator !== undefined) return emulator;
  const { host = HOST, port, secure } = settings;
  const isDefault = port === undefined || port === (secure ? 443 : 80);
  return `${secure ? 'https' : 'http'}://${host}${isDefault ? '' : `:${port}`}`;
}

/** Undefined: none is named, or the settings name a host. @throws StorageError for one that is no address */
export function emulatorOf({ host, environment }: Addressed): string | undefined {
  const named = host === undefined ? environment()['STORAGE_EMULATOR_HOST'] : undefined;
  if (!named) return undefined;
  const url = named.includes('://') ? named : `http://${named}`;
  if (URL.canParse(url)) return new URL(url).origin;
  throw new StorageError('STORAGE_EMULATOR_HOST is no address: expected HOST:PORT or a URL', {
    driver: GOOGLE,
  });
}
