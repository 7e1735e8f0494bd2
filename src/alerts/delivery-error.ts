/** A message was not delivered. Its text has no part of a URL but the host, and no secret. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
}
