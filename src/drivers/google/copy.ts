import type { Backend } from '../backend.js';
import type { Copy } from '../capabilities.js';
import { checkSource } from '../copy-source.js';
import { findChecksum } from '../digest.js';
import { ContainerDoesNotExistError } from '../errors.js';
import { foundAsSent, isAsSent } from '../http/found-as-sent.js';
import { memberOf, textOf } from './auth/members.js';
import type { GoogleContext } from './context.js';
import { GOOGLE } from './errors.js';
import { checkContainer, checkKey } from './names.js';
import type { LookUp } from './objects.js';
import { patch } from './patch.js';
import { refuseOther } from './payload.js';
import { DESCRIPTION, type Resource, resourceOf } from './resource.js';
import { rewrite } from './rewrite.js';

/** What a copy keeps of its source. */
const KEPT = [...DESCRIPTION, 'storageClass', 'metadata'];

/** By rewrite, which takes objects of any size; where only the description changes, by PATCH. */
export function googleCopy(
  context: GoogleContext,
  lookUp: LookUp,
  headObject: Backend['headObject'],
): Copy {
  const { settings } = context;

  return {
    bindsSource: true,
    ifAbsent: true,
    async copyObject(from, to, replace, call) {
      call.signal.throwIfAborted();
      checkContainer(to.container);
      checkKey(to.key);
      const ref = { container: from.container, key: from.key };
      const source = await lookUp(ref, call);
      checkSource(source.info, from, GOOGLE);
      const isSame = from.container === to.container && from.key === to.key;
      if (isSame && replace === undefined) return source.info;
      const described =
        replace === undefined ? keptOf(source.resource) : resourceOf(to.key, replace, settings);
      const { storageClass, ...description } = described;
      const keepsClass =
        storageClass === undefined || storageClass === textOf(source.resource, 'storageClass');
      const making =
        isSame && keepsClass && replace?.precondition === undefined
          ? patch(context, source, description, call)
          : rewrite(context, source.info, to, { ...description, storageClass }, replace, call);
      const made = await making.catch(async (error: unknown) => {
        // One answer stands for a missing container and for a missing source.
        if (error instanceof ContainerDoesNotExistError) await lookUp(ref, call);
        const sent = {
          size: source.info.size,
          md5: findChecksum(source.info.checksums, 'md5')?.hex,
          metaData: replace?.metaData ?? source.info.metaData,
        };
        const head = () => headObject({ container: to.container, key: to.key }, call);
        return foundAsSent(error, head, (found) => isAsSent(found, sent));
      });
      refuseOther(to.key, source.info.checksums, made.checksums);
      return made;
    },
  };
}

function keptOf(resource: unknown): Resource {
  return Object.fromEntries(
    KEPT.flatMap((field) => {
      const value = memberOf(resource, field);
      return value === undefined ? [] : [[field, value]];
    }),
  );
}
