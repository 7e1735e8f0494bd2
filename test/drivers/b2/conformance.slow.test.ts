import { startFakeB2 } from '../../fakes/b2/server.js';
import { conformance } from '../conformance/suite.js';
import { wrapInEveryLayer } from '../layers/every-layer.js';
import { openFake, withoutHidden } from './open.js';

const limits = {
  // https://www.backblaze.com/docs/cloud-storage-files
  refuses: (key: string) => /[\x00-\x1f\x7f]|^\/|\/$|\/\//.test(key),
  badContainerNames: ['', 'with/slash', 'short', 'b2-of-backblaze', 'under_score', 'x'.repeat(64)],
};

const fake = await startFakeB2({ pageLimit: 3 });
const hard = { hard_delete: true };
conformance('B2 that deletes all versions, over the fake', {
  open: () => openFake(fake, hard),
  again: () => openFake(fake, hard),
  stop: () => fake.close(),
  ...limits,
});

const hiding = await startFakeB2();
const open = () => withoutHidden(wrapInEveryLayer(openFake(hiding)));
conformance('B2 that hides, in every layer, over the fake', {
  open,
  again: open,
  stop: () => hiding.close(),
  ...limits,
});
