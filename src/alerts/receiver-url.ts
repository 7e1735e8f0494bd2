import type { Secret } from '../config/secret.js';
import { DeliveryError } from './delivery-error.js';

/** The URL of a receiver in clear. Throws SecretError, or DeliveryError for what is no URL of HTTP; neither quotes it. */
export function receiverUrl(secret: Secret | undefined): URL {
  const text = secret?.reveal() ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new DeliveryError('the url is not one that begins with https:// or http://');
  return url;
}
