import type { Complaint } from './complaint.js';
import type { PlacedMirror } from './cross-checks.js';
import type { ChannelConfig, NotifySettings } from './notify.js';
import { didYouMean } from './suggest.js';

/** The channels with a name each: their own, else their kind, with a number where others have it. */
export function namedChannels(channels: readonly NotifySettings[]): readonly ChannelConfig[] {
  const taken = new Set(channels.flatMap(({ name }) => name ?? []));
  return channels.map((channel) => {
    const name = channel.name ?? freeName(channel.kind, taken);
    taken.add(name);
    return { ...channel, name };
  });
}

function freeName(kind: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? kind : `${kind}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** Complaints about names of channels that two have, and about mirrors that are not there. */
export function channelProblems(
  channels: readonly NotifySettings[],
  mirrors: readonly Pick<PlacedMirror, 'mirror'>[],
): Complaint[] {
  const known = mirrors.map(({ mirror }) => mirror.name);
  const first = new Map<string, number>();
  return channels.flatMap(({ name, mirrors: wanted = [] }, at) => {
    const earlier = name === undefined ? undefined : first.get(name);
    if (name !== undefined && earlier === undefined) first.set(name, at);
    const sameName =
      earlier === undefined
        ? []
        : [
            {
              path: ['notify', at, 'name'],
              message: `"${name}" is the name of notify[${earlier}]`,
            },
          ];
    const unknown = wanted.flatMap((mirror, position) =>
      known.includes(mirror)
        ? []
        : [
            {
              path: ['notify', at, 'mirrors', position],
              message: `no mirror is called "${mirror}"${didYouMean(mirror, known)}`,
            },
          ],
    );
    return [...sameName, ...unknown];
  });
}
