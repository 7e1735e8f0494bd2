import { expect, test } from 'vitest';
import { openSwift } from '../swift/open.js';

const settings = {
  auth_url: 'https://127.0.0.1:1/v3',
  key: 'user',
  secret: 'secret',
  project: 'project',
  auth_version: '3',
};

test('Swift: OS_CACERT names the authorities to trust, unless ca_file does', () => {
  const env = { OS_CACERT: '/no/such/authorities.pem' };
  expect(() => openSwift(settings, { env })).toThrow(
    /OS_CACERT \/no\/such\/authorities\.pem cannot be read/,
  );
  expect(() => openSwift({ ...settings, ca_file: '/no/such/other.pem' }, { env })).toThrow(
    /ca_file \/no\/such\/other\.pem cannot be read/,
  );
});
