import { InvalidContainerNameError } from '../errors.js';
import { reservedNameProblem } from './bucket-kinds.js';
import { encode, encodePath } from './encode.js';
import { S3 } from './errors.js';
import type { Profile } from './profiles.js';
import type { S3Settings } from './settings.js';

/** Where one request goes. */
export interface Address {
  /** The origin of the connection. */
  readonly origin: string;
  /** The value of the Host header, which is signed. */
  readonly host: string;
  /** Percent-encoded, without query. */
  readonly path: string;
}

export type AddressOf = (
  region: string,
  container: string | undefined,
  key: string | undefined,
) => Address;

type EndpointSettings = Pick<S3Settings, 'host' | 'port' | 'secure' | 'addressing'>;

/**
 * The addresses of containers and objects, by path or by virtual host. The returned function throws InvalidContainerNameError
 * for a name that AWS has for something else than a bucket.
 */
export function addressing(settings: EndpointSettings, profile: Profile): AddressOf {
  const { secure } = settings;
  const scheme = secure ? 'https' : 'http';
  const port =
    settings.port === undefined || settings.port === (secure ? 443 : 80) ? '' : `:${settings.port}`;
  const style = styleOf(settings, profile);

  return (region, container, key) => {
    if (profile.name === 'aws' && container !== undefined) refuseReserved(container);
    const base = settings.host ?? profile.host?.(region);
    if (base === undefined) throw new TypeError(`profile ${profile.name} has no host of its own`);
    const inHost = container !== undefined && style === 'virtual' && fitsHost(container, secure);
    const host = `${inHost ? `${container}.` : ''}${base}${port}`;
    const folder = container === undefined || inHost ? '' : `/${encode(container)}`;
    return {
      origin: `${scheme}://${host}`,
      host,
      path: key === undefined ? folder || '/' : `${folder}/${encodePath(key)}`,
    };
  };
}

function refuseReserved(container: string): void {
  const problem = reservedNameProblem(container);
  if (problem !== undefined)
    throw new InvalidContainerNameError(container, problem, { driver: S3 });
}

function styleOf(
  { addressing: wanted, host }: EndpointSettings,
  profile: Profile,
): 'virtual' | 'path' {
  if (wanted !== 'auto') return wanted;
  const isAddress =
    host !== undefined && (/^[\d.]+$/.test(host) || host.startsWith('[') || host === 'localhost');
  // A host that was named may be a gateway without the wildcard DNS that virtual hosts need.
  return host === undefined || (profile.host !== undefined && !isAddress)
    ? profile.addressing
    : 'path';
}

/** A wildcard certificate covers one label only, so a name with a dot would fail TLS. */
function fitsHost(container: string, secure: boolean): boolean {
  return /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/.test(container) && !(secure && container.includes('.'));
}
