import { StorageError } from '../../../src/drivers/errors.js';

export const broken = (retry: 'backoff' | 'never' = 'backoff') =>
  new StorageError('503 from the provider', { driver: 'memory', retry });
