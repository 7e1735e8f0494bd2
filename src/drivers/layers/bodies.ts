import type { Backend } from '../backend.js';
import type { Body, Call } from '../call.js';

/** The same backend; each body that it sends goes through `change` first, once for each request. */
export function changeBodies(
  inner: Backend,
  change: (body: Body, call: Call) => Promise<Body> | Body,
): Backend {
  const { multipart } = inner.capabilities;
  return {
    ...inner,
    putObject: async (ref, body, options, call) =>
      inner.putObject(ref, await change(body, call), options, call),
    capabilities: {
      ...inner.capabilities,
      multipart: multipart && {
        ...multipart,
        uploadPart: async (token, number, body, call) =>
          multipart.uploadPart(token, number, await change(body, call), call),
      },
    },
  };
}
