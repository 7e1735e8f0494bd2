import { join } from 'node:path';
import { type ConfigContext, flag, folder, type Infer, section } from '../../config/fields.js';
import { type DriverKind, placeProblemBy } from '../driver-kind.js';
import { localBackend } from './backend.js';
import { containerNameProblem, keyProblem, maxKeyBytes } from './names.js';
import { blankRoot, isOnOwnDisk } from './root.js';
import { prepareFileThread } from './thread.js';

const settings = (context: ConfigContext) =>
  section(
    'A folder as object storage: each container is a folder in it, each object a plain file.',
    {
      root: folder('The folder that holds the containers; required.', context),
      fsync: flag('An object counts as stored once it is safe from a loss of power.').default(true),
      create: flag(
        'Create the root when it does not exist. Say false for a disk that may not be mounted.',
      ).default(true),
    },
    { otherNames: { key: 'root' } }, // what Libcloud calls it
  );

export const localDriver: DriverKind<Infer<typeof settings>> = {
  name: 'local',
  aliases: [],
  summary: 'a folder of this machine, with plain files that any program can read',
  settings,
  prepare: prepareFileThread,
  open: async (options) => localBackend(options),
  where: ({ root }) => root,
  placeProblem(place, { root }) {
    const rules = {
      newContainerProblem: containerNameProblem,
      keyProblem: (key: string) => keyProblem(key, maxKeyBytes(root)),
    };
    return placeProblemBy(rules, () => false)(place);
  },
  folders: ({ root }) => [root],
  blank: ({ root }, { container }) => blankRoot(root, container),
  reachedOnlyHere: ({ root }, { container, prefix }) => isOnOwnDisk(join(root, container, prefix)),
};
