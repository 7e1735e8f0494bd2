import { JOB_BOUNDS, REQUEST_BOUNDS } from '../../src/metrics/distribution.js';
import { METRICS } from '../../src/metrics/names.js';
import { CLASS_OF } from '../../src/telemetry/request-class.js';

const INTRODUCTION = `# Metrics

<!-- Made from src/metrics/names.ts by \`npm run docs\`. -->

Numbers for Prometheus. The daemon serves them where the configuration says, and always at its control socket:

\`\`\`yaml
metrics:
  listen: 127.0.0.1:9460
\`\`\`

\`\`\`yaml
# prometheus.yml
scrape_configs:
  - job_name: longshore
    static_configs: [{ targets: ["127.0.0.1:9460"] }]
rule_files: [longshore.rules.yml]
\`\`\`

- \`listen\` answers \`GET /metrics\` and nothing else. A loopback address is reached by programs of this machine only, and
  refuses requests for another host name. On any other address set \`token\`, and give it to Prometheus as
  \`authorization: { credentials_file: ... }\`; the connection is not encrypted.
- Without a port: \`curl --unix-socket STATE/control.sock http://longshore/metrics\`, as the user of the service or root.
- \`longshore reconcile --metrics-file FILE\`, or \`metrics.textfile\`, writes the metrics of a one-shot run for the textfile
  collector of node_exporter. A run that cannot even open its state writes nothing: alert on the age of
  \`longshore_mirror_last_success_timestamp_seconds\`, which the old file still has.
- Alert rules with tests are in \`contrib/prometheus\`, a Grafana dashboard in \`contrib/grafana/longshore.json\`.

What is counted starts at 0 with the program. Labels have names of mirrors and targets, and words of the program: never the name
of a file. A number that is not known is missing, and so is a counter before its first event.

## The metrics

`;

const HEAD = ['metric', 'type', 'labels', 'meaning'];

/** A Markdown table whose columns are as wide as their widest cell, as `npm run fix` writes it. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], fill = ' ') =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width, fill)).join(' | ')} |`;
  const [head = [], ...others] = rows;
  return [line(head), line([], '-'), ...others.map((row) => line(row))].join('\n');
}

/** docs/metrics.md, made from the table of metrics. */
export function metricsPage(): string {
  const rows = Object.entries(METRICS).map(([name, { type, labels, help }]) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  const classes = [...new Set(Object.values(CLASS_OF))].map((name) => `\`${name}\``).join(', ');
  return `${INTRODUCTION}${table([HEAD, ...rows])}

Classes of requests: ${classes}. Upper bounds of the buckets, in seconds: requests ${REQUEST_BOUNDS.join(', ')}; jobs
${JOB_BOUNDS.join(', ')}.

Besides, the daemon has \`process_*\` and \`nodejs_*\` of [prom-client](https://github.com/siimon/prom-client): CPU, memory, file
descriptors, event loop and garbage collection, measured from the first scrape on.
`;
}
