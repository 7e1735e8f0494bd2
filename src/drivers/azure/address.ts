import { StorageError } from '../errors.js';
import { encodePath } from '../http/encode.js';
import { AZURE } from './errors.js';
import type { AzureSettings } from './settings.js';

/** Where one storage account's blobs are. */
export interface Address {
  readonly account: string;
  /** `https://host` or `https://host:port`. */
  readonly origin: string;
  /** Empty where the host names the account, else `/ACCOUNT`: Azurite, IoT Edge. */
  readonly prefix: string;
}

const PUBLIC_CLOUD = 'blob.core.windows.net';
/** Hosts below which each account has one of its own: the clouds, private links, and accounts in DNS zones. */
const ACCOUNT_HOSTS =
  /(?:^|\.)(?:blob\.core\.(?:windows\.net|chinacloudapi\.cn|usgovcloudapi\.net|cloudapi\.de)|blob\.storage\.azure\.net)$/;

type Placed = Pick<AzureSettings, 'host' | 'port' | 'secure' | 'addressing'>;

/** As Libcloud decides it: a host of Azure's has the account in its name, any other one in the path. */
export function addressOf(
  account: string,
  { host = PUBLIC_CLOUD, port, secure, addressing }: Placed,
): Address {
  const scheme = secure ? 'https' : 'http';
  const at = port === undefined ? '' : `:${port}`;
  const isOfAzure = ACCOUNT_HOSTS.test(host.toLowerCase());
  const inHost = addressing === 'auto' ? isOfAzure : addressing === 'host';
  if (!inHost) return { account, origin: `${scheme}://${host}${at}`, prefix: `/${account}` };
  const isWhole = !isOfAzure || host.startsWith(`${account}.`) || host.startsWith(`${account}-`);
  return {
    account,
    origin: `${scheme}://${isWhole ? host : `${account}.${host}`}${at}`,
    prefix: '',
  };
}

/** An address as a connection string or a tool names it: `https://ACCOUNT.blob.core.windows.net`, `http://127.0.0.1:10000/ACCOUNT`. */
export function addressOfUrl(account: string, text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const path = url?.pathname.replace(/\/+$/, '');
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    (path !== '' && path !== `/${account}`)
  )
    throw new StorageError(
      'BlobEndpoint of the connection string: expected the URL of the account, such as https://ACCOUNT.blob.core.windows.net',
      { driver: AZURE },
    );
  return { account, origin: url.origin, prefix: path ?? '' };
}

/** The path of the account, of a container or of a blob. Percent-encoded. */
export function pathOf({ prefix }: Address, container?: string, key?: string): string {
  if (container === undefined) return `${prefix}/`;
  return `${prefix}/${encodePath(container)}${key === undefined ? '' : `/${encodePath(key)}`}`;
}
