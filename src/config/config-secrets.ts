import type { Config } from './config.js';
import { secretsIn } from './secret.js';
import { statusSecrets } from './status-page.js';

/** Every secret of a configuration, with the path of keys that leads to it, such as `targets.offsite.key`. */
export function secretsOfConfig({
  targets,
  mirrors,
  metrics,
  statusPage,
  notify,
  heartbeat,
  queue,
}: Pick<
  Config,
  'targets' | 'mirrors' | 'metrics' | 'statusPage' | 'notify' | 'heartbeat' | 'queue'
>): ReturnType<typeof secretsIn> {
  return secretsIn({
    targets: Object.fromEntries(targets.map(({ name, settings }) => [name, settings])),
    metrics,
    status: statusSecrets(statusPage),
    notify,
    heartbeat,
    queue,
    mirrors: mirrors.map((mirror) => ({ heartbeat: mirror.heartbeat })),
  });
}
