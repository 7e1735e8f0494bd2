import type { Backend } from '../backend.js';
import type { DriverWorld } from '../driver-kind.js';
import { openConnections } from '../http/connection.js';
import { createMetadataClient } from '../http/metadata-client.js';
import { s3Backend } from './backend.js';
import { chooseRegion, refuseContradictions } from './choose.js';
import { credentialSources } from './credentials/chain.js';
import { createCredentialProvider } from './credentials/provider.js';
import { S3 } from './errors.js';
import { profileOf } from './profile-of.js';
import type { S3Settings } from './settings.js';
import { stsSigner } from './sign-sts.js';

/** @throws StorageError when the settings cannot work together */
export function openS3(
  settings: S3Settings,
  { clock, notice = () => {}, detected }: DriverWorld,
): Backend {
  const profile = profileOf(settings, detected);
  refuseContradictions(settings, profile);
  const region = chooseRegion(settings, profile);
  const http = openConnections(settings, S3);
  const metadata = createMetadataClient(5_000);
  const env = settings.environment();
  const services = { env, clock, http, metadata, region, signForSts: stsSigner(clock) };
  const credentials = createCredentialProvider(credentialSources(settings, services), clock);
  const backend = s3Backend({ settings, profile, region, credentials, http, clock, notice });
  return {
    ...backend,
    close: async () => void (await Promise.all([http.close(), metadata.close()])),
  };
}
