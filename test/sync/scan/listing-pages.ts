import { pageOf, type RemotePage } from '../../../src/sync/scan/remote-page.js';

export const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

export async function* listingOf(
  ...pages: (readonly string[] | Error)[]
): AsyncGenerator<RemotePage> {
  for (const page of pages) {
    if (page instanceof Error) throw page;
    yield pageOf(
      page.map((name) => [name, { size: Buffer.byteLength(name), md5: MD5, inspected: true }]),
      true,
    );
  }
}
