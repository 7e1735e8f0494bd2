import { StorageError } from '../../drivers/errors.js';
import type { InventoryRule } from '../inventory-rule.js';

/** Why an inventory is not used, and what helps. */
export class InventoryProblem extends Error {
  override readonly name = 'InventoryProblem';
}

/** There is no inventory that could be used. A later one may be usable. */
export class InventoryError extends StorageError {
  override readonly name = 'InventoryError';

  constructor(
    { id, container }: Pick<InventoryRule, 'id' | 'container'>,
    driver: string,
    { message }: Error,
  ) {
    super(
      `inventory ${JSON.stringify(id)} in container "${container}" cannot be used: ${message}`,
      { driver, retry: 'backoff' }, // the message has what the cause says
    );
  }
}
