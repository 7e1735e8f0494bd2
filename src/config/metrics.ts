import { folder, type Infer, secret, section } from './fields.js';
import { type ListenAddress, listenAddress } from './listen-address.js';
import type { ConfigContext, Secret } from './secret.js';

export const metricsSection = (place: ConfigContext) =>
  section('Numbers for Prometheus.', {
    listen: listenAddress(
      'Where the daemon answers GET /metrics. Not on a loopback address, other machines can read it.',
    ).optional(),
    token: secret('What `Authorization: Bearer` must say. Default: nothing.', place).optional(),
    textfile: folder(
      'A file that one-shot runs write, for the textfile collector of node_exporter; its name ends in .prom.',
      place,
    ).optional(),
  });

export interface MetricsConfig {
  /** Undefined: the daemon listens nowhere. */
  readonly listen: ListenAddress | undefined;
  readonly token: Secret | undefined;
  /** Absolute path of the file that one-shot runs write. */
  readonly textfile: string | undefined;
}

export function metricsOf(
  written: Infer<typeof metricsSection> | undefined,
): MetricsConfig | undefined {
  if (written === undefined) return undefined;
  const { listen, token, textfile } = written;
  return { listen, token, textfile };
}
