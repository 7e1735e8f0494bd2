import { hash } from 'node:crypto';
import type { Clock } from '../../clock.js';
import type { AwsServices } from './credentials/services.js';
import { createSigner } from './sign.js';

/** Signs what is asked of AWS STS, with Signature Version 4 of its own scope. */
export function stsSigner(clock: Clock): AwsServices['signForSts'] {
  const signer = createSigner('sts');
  return ({ host, path, headers, body, region }, credentials) =>
    signer.headers(
      { method: 'POST', host, path, query: '', headers, payload: hash('sha256', body, 'hex') },
      credentials,
      region,
      clock.now(),
    );
}
