import type { Backend } from '../backend.js';
import { FIRST_BYTE, objectSize } from '../http/object-size.js';
import { surelyFound } from './all-replicas.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import { listObjects } from './listing.js';
import { refuseImpossible } from './names.js';
import { infoFromHeaders, largeKind } from './object-info.js';

export function swiftHeadObject(context: SwiftContext): Backend['headObject'] {
  const { client } = context;
  const list = listObjects(context);

  return async (ref, call) => {
    call.signal.throwIfAborted();
    refuseImpossible(ref);
    const about = { container: ref.container, key: ref.key };
    const { headers } = await surelyFound((asked) =>
      client.request(
        { method: 'HEAD', operation: 'headObject', action: 'look up', ...about, headers: asked },
        call,
      ),
    );
    const request = {
      method: 'GET',
      operation: 'getObject',
      action: 'look up',
      ...about,
      accept: 416,
    } as const;
    if (largeKind(headers) !== undefined) context.withLarge.add(ref.container);
    const size = await objectSize(headers, about, {
      driver: SWIFT,
      get: () => client.stream({ ...request, headers: { range: FIRST_BYTE } }, call),
      list: async () =>
        (await list(about.container, about.key, { size: 1 }, call)).items.find(
          ({ key }) => key === about.key,
        )?.size,
    });
    return infoFromHeaders(about, size, headers);
  };
}
