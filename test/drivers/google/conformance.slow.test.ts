import { startFakeGoogle } from '../../fakes/google/server.js';
import { conformance } from '../conformance/suite.js';
import { wrapInEveryLayer } from '../layers/every-layer.js';
import { openFake } from './open.js';

const limits = {
  refuses: (key: string) => /[\r\n]/.test(key) || key === '.' || key === '..',
  badContainerNames: [
    '',
    'with/slash',
    'ab',
    'Capitals',
    '-begins-with-a-dash',
    'x'.repeat(64),
    '192.168.0.1',
    'goog-bucket',
    'my-google-bucket',
    'two..dots',
  ],
};

const fake = await startFakeGoogle({ pageLimit: 3 });
conformance('google_storage over the fake', {
  open: () => openFake(fake),
  again: () => openFake(fake),
  stop: () => fake.close(),
  ...limits,
});

const other = await startFakeGoogle({ rewriteBytes: 30_000 });
conformance('google_storage with copies in several calls, in every layer, over the fake', {
  open: () => wrapInEveryLayer(openFake(other)),
  again: () => wrapInEveryLayer(openFake(other)),
  stop: () => other.close(),
  ...limits,
});

const resumable = await startFakeGoogle();
conformance('google_storage with uploads that are resumed, over the fake', {
  open: () => openFake(resumable, { uploads: 'resumable' }),
  again: () => openFake(resumable, { uploads: 'resumable' }),
  stop: () => resumable.close(),
  ...limits,
});
