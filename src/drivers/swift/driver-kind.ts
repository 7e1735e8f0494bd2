import { HEADER_FIELDS } from '../../config/header-rules.js';
import { type DriverKind, placeProblemBy } from '../driver-kind.js';
import { SWIFT } from './errors.js';
import { keyProblem, newContainerProblem } from './names.js';
import { type SwiftSettings, swiftSettings } from './settings.js';

interface Preset {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  preset(settings: SwiftSettings): Partial<SwiftSettings>;
}

function kind({ name, aliases, summary, preset }: Preset): DriverKind<SwiftSettings> {
  return {
    name,
    aliases,
    summary,
    settings: swiftSettings,
    where(written) {
      const {
        storage_url: storage,
        auth_url: url,
        host,
        port,
        project,
        project_id: id,
        region,
        key,
      } = { ...written, ...preset(written) };
      // A user of TempAuth is called `ACCOUNT:USER`.
      const account =
        storage === undefined ? (id ?? project ?? /^[^:]+(?=:)/.exec(key ?? '')?.[0]) : undefined;
      return [storage ?? url ?? [host, port].filter(Boolean).join(':'), account, region]
        .filter(Boolean)
        .join(' ');
    },
    placeProblem: placeProblemBy({ newContainerProblem, keyProblem }, () => false),
    objectHeaders: () => HEADER_FIELDS,
    async open(written, world) {
      const { openSwift } = await import('./open.js');
      return openSwift({ ...written, ...preset(written) }, world);
    },
  };
}

export const swiftDriver = kind({
  name: SWIFT,
  aliases: ['openstack_swift'],
  summary: 'OpenStack Object Storage (Swift), with TempAuth and Keystone',
  preset: () => ({}),
});

/** Libcloud's names for providers that speak Swift (libcloud/storage/providers.py). */
export const swiftPresetDrivers: readonly DriverKind<SwiftSettings>[] = [
  kind({
    name: 'cloudfiles',
    aliases: [],
    summary: 'Rackspace Cloud Files (swift with an API key)',
    preset: ({ auth_url: url, region, auth_type: type }) => ({
      auth_url:
        url ??
        `https://${region?.toLowerCase() === 'lon' ? 'lon.' : ''}identity.api.rackspacecloud.com/v2.0`,
      auth_version: '2',
      auth_type: type === 'password' ? 'apikey' : type,
      ...(region !== undefined && { region: region.toUpperCase() }),
    }),
  }),
  kind({
    name: 'ktucloud',
    aliases: [],
    summary: 'KT ucloud storage (swift with auth version 1)',
    preset: ({ auth_url: url }) => ({
      auth_url: url ?? 'https://ssproxy.ucloudbiz.olleh.com/auth/v1.0',
      auth_version: '1',
    }),
  }),
];
