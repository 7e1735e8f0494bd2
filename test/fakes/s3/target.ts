import { ACCOUNT, type FakeS3 } from './server.js';

/** What a configuration says of a target at the fake. */
export function fakeTarget({ host, port }: Pick<FakeS3, 'host' | 'port'>) {
  return {
    driver: 's3',
    profile: 'aws',
    region: 'us-east-1',
    addressing: 'path',
    secure: false,
    host,
    port,
    key: ACCOUNT.accessKey,
    secret: ACCOUNT.secret,
  };
}
