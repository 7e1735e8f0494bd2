import { afterAll, describe } from 'vitest';
import { abortCases } from './aborts.js';
import { batchDeleteCases } from './batch-delete.js';
import { batchPutCases } from './batch-put.js';
import { checksumCases } from './checksums.js';
import { containerCases } from './containers.js';
import { copyCases } from './copy.js';
import { driverCases } from './driver.js';
import { createFixture, type Harness } from './fixture.js';
import { folderObjectCases } from './folder-objects.js';
import { keyCases } from './keys.js';
import { listingCases } from './listing.js';
import { listingRangeCases } from './listing-ranges.js';
import { multipartCases } from './multipart.js';
import { objectCases } from './objects.js';
import { preconditionCases } from './preconditions.js';
import { putCases } from './puts.js';
import { quickGetCases } from './quick-get.js';
import { quickPutCases } from './quick-put.js';

export type { Harness } from './fixture.js';

/**
 * What every backend must do (G1 to G6 of backend.ts). Cases are chosen by the capabilities that the backend declares;
 * what it does not declare it must refuse, and that is a case as well.
 */
export function conformance(name: string, harness: Harness): void {
  describe(`${name} is a conforming backend`, async () => {
    const backend = await harness.open();
    const fixture = createFixture(backend, harness);
    afterAll(async () => {
      await backend.close();
      await harness.stop?.();
    });
    describe('containers', () => containerCases(fixture));
    describe('objects', () => objectCases(fixture));
    describe('puts', () => putCases(fixture));
    describe('checksums', () => checksumCases(fixture));
    describe('listings', () => listingCases(fixture));
    describe('ranges of listings', () => listingRangeCases(fixture));
    describe('keys', () => keyCases(fixture));
    describe('objects of folders', () => folderObjectCases(fixture));
    describe('aborts', () => abortCases(fixture));
    describe('preconditions', () => preconditionCases(fixture));
    describe('copies', () => copyCases(fixture));
    describe('batch puts', () => batchPutCases(fixture));
    describe('quick puts', () => quickPutCases(fixture));
    describe('quick gets', () => quickGetCases(fixture));
    describe('batch deletes', () => batchDeleteCases(fixture));
    describe('multipart uploads', () => multipartCases(fixture));
    describe('the storage API over it', () => driverCases(fixture));
  });
}
