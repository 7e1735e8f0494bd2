import type { Clock } from '../../clock.js';
import type { Backend } from '../backend.js';
import type { DriverWorld } from '../driver-kind.js';
import { StorageError } from '../errors.js';
import { openConnections } from '../http/connection.js';
import type { HttpClient } from '../http/exchange.js';
import { createMetadataClient } from '../http/metadata-client.js';
import { azureBackend } from './backend.js';
import { type ChosenAccess, chooseAccess, chooseAddress } from './choose.js';
import { createAzureClient } from './client.js';
import { type Access, fixedAccess, tokenAccess } from './credentials/access.js';
import { entraTokens } from './credentials/entra.js';
import { managedTokens } from './credentials/managed-identity.js';
import { AZURE } from './errors.js';
import type { AzureSettings } from './settings.js';

/** @throws StorageError when the settings cannot work together */
export function openAzure(
  settings: AzureSettings,
  { clock, notice = () => {} }: DriverWorld,
): Backend {
  const address = chooseAddress(settings);
  const chosen = chooseAccess(settings);
  refuseTokensInTheClear(chosen, address.origin);
  refuseExpires(settings);
  const http = openConnections(settings, AZURE);
  const metadata = createMetadataClient(15_000);
  const access = accessOf(chosen, address.account, settings, { http, metadata, clock });
  const client = createAzureClient({ http, clock, access, address, settings, notice });
  const close = async () => void (await Promise.all([http.close(), metadata.close()]));
  return azureBackend({ client, settings, clock, notice }, close);
}

interface Connections {
  readonly http: HttpClient;
  readonly metadata: HttpClient;
  readonly clock: Clock;
}

function accessOf(
  chosen: ChosenAccess,
  account: string,
  settings: AzureSettings,
  { http, metadata, clock }: Connections,
): Access {
  switch (chosen.kind) {
    case 'key':
      return fixedAccess('key', () => {
        const key = Buffer.from(chosen.key(), 'base64');
        return { kind: 'key', account: { account, key } };
      });
    case 'sas':
      return fixedAccess('sas', () => ({ kind: 'sas', query: chosen.sas().replace(/^[?&]+/, '') }));
    case 'application':
      return tokenAccess(entraTokens({ http, clock }, chosen.application), clock);
    case 'managed': {
      const tokens = managedTokens(
        { http: metadata, clock },
        settings.environment(),
        chosen.identity,
      );
      return tokenAccess(tokens, clock);
    }
  }
}

/** A token opens all that its identity may reach, so it must not go over a wire in the clear. */
function refuseTokensInTheClear({ kind }: ChosenAccess, origin: string): void {
  const isSafe = /^https:|^http:\/\/(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?$/.test(
    origin,
  );
  if (!isSafe && (kind === 'application' || kind === 'managed'))
    throw new StorageError('a token of Entra ID is sent with TLS only: set secure: true', {
      driver: AZURE,
    });
}

function refuseExpires({ headers }: AzureSettings): void {
  if (headers.some(({ expires }) => expires !== undefined))
    throw new StorageError('headers: Azure keeps no Expires; cache_control says the same', {
      driver: AZURE,
    });
}
