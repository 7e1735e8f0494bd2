import { startFakeAzure } from '../../fakes/azure/server.js';
import { conformance } from '../conformance/suite.js';
import { wrapInEveryLayer } from '../layers/every-layer.js';
import { impossibleKey } from './impossible-keys.js';
import { openFake } from './open.js';

const limits = {
  refuses: impossibleKey,
  badContainerNames: ['', 'with/slash', 'ab', 'Upper', 'a--b', '-ab', 'a'.repeat(64)],
};

const fake = await startFakeAzure({ pageLimit: 3 });
conformance('azure_blobs over the fake', {
  open: () => openFake(fake),
  again: () => openFake(fake),
  stop: () => fake.close(),
  ...limits,
});

const plain = await startFakeAzure({
  emptyFirstPage: true,
  hasBatch: false,
  hasCopyByUrl: false,
});
plain.rules.sasTokens.add('account-signature');
const bySas = { sas: '?sv=2023-11-03&ss=b&srt=sco&sp=rwdlacx&sig=account-signature' };
conformance(
  'azure_blobs by an account SAS, without batches and copies by URL, in every layer, over the fake',
  {
    open: () => wrapInEveryLayer(openFake(plain, bySas)),
    again: () => wrapInEveryLayer(openFake(plain, bySas)),
    stop: () => plain.close(),
    ...limits,
  },
);
