// What docs/configuration.md has beside the schema: the order of the settings, and an example of each group.

type Groups = readonly (readonly [title: string, names: readonly string[]])[];

export const INTRODUCTION = `# Configuration reference

<!-- Made from the schema by \`npm run docs\`. Change src/config/schema.ts or a driver's settings, not this page. -->

The file is YAML: the one that \`--config\` names, or the first of \`./longshore.yaml\`,
\`$XDG_CONFIG_HOME/longshore/longshore.yaml\` (\`~/.config/...\`) and \`/etc/longshore/longshore.yaml\`. The smallest one:

\`\`\`yaml
state: ./state
targets:
  vault: { driver: local, root: ./vault }
mirrors:
  - { name: documents, source: ./Documents, target: vault, container: documents }
\`\`\`

\`longshore check\` says everything that is wrong with a file at once, with line and column; unknown settings are errors.
[config.example.yaml](../config.example.yaml) is a complete file with comments. \`longshore schema\` prints the JSON Schema
with which editors check and complete it ([config.schema.json](../config.schema.json)).

## How values are written

| value        | written                                                                                                        |
| ------------ | -------------------------------------------------------------------------------------------------------------- |
| a size       | bytes: \`512\`, \`64KiB\`, \`5MiB\`, \`2GB\`. KiB, MiB, GiB, TiB, PiB count by 1,024; kB, MB, GB, TB, PB by 1,000      |
| a duration   | \`500ms\`, \`30s\`, \`5m\`, \`6h\`, \`7d\`, \`2w\`, \`1h30m\`, or \`0\`. A number without a unit is refused                    |
| a rate       | bytes a second: \`2MiB/s\`                                                                                       |
| a percentage | \`20%\`                                                                                                          |
| times        | local time: \`Mon-Fri 08:00-18:00\`, \`Sat,Sun\`, \`22:00-06:00\` (past midnight), or \`otherwise\`                    |
| a path       | absolute, relative to the configuration file, or below your home folder (\`~/x\`)                                |
| a pattern    | the syntax of \`.gitignore\`, in quotes ([filters](filters.md))                                                  |
| a secret     | \`{ env: NAME }\`, \`{ file: PATH }\`, \`{ credential: NAME }\` (systemd), or the text itself, which is best avoided |
`;

export const GROUPS = {
  general: [['State, log and shutdown', ['state', 'log', 'drain']]],
  target: [
    [
      'Of every driver',
      ['driver', 'concurrency', 'bandwidth', 'request_rate', 'multipart_threshold', 'part_size'],
    ],
  ],
  local: [['The folder', ['root', 'create', 'fsync']]],
  s3: [
    [
      'S3: provider and credentials',
      ['profile', 'key', 'secret', 'token', 'aws_profile', 'region', 'requester_pays'],
    ],
    [
      'S3: connection',
      [
        'host',
        'port',
        'secure',
        'ca_file',
        'verify_tls',
        'connect_timeout',
        'timeout',
        'connections',
        'addressing',
        'api_version',
      ],
    ],
    ['S3: protocol', ['listing_version', 'etag', 'sign_payload', 'cdn_expiry']],
    [
      'S3: what new objects get',
      ['storage_class', 'acl', 'encryption', 'object_lock', 'tags', 'headers'],
    ],
  ],
  swift: [
    [
      'Swift: credentials',
      [
        'auth_url',
        'auth_version',
        'auth_type',
        'key',
        'secret',
        'user_domain',
        'user_domain_id',
        'token',
        'storage_url',
      ],
    ],
    [
      'Swift: project and service',
      [
        'project',
        'project_id',
        'project_domain',
        'project_domain_id',
        'region',
        'interface',
        'service_type',
        'service_name',
        'api_version',
      ],
    ],
    [
      'Swift: connection',
      [
        'host',
        'port',
        'secure',
        'ca_file',
        'verify_tls',
        'connect_timeout',
        'timeout',
        'connections',
      ],
    ],
    [
      'Swift: objects',
      [
        'max_put_size',
        'segment_size',
        'segments_container',
        'headers',
        'storage_policy',
        'temp_url_key',
        'temp_url_digest',
        'cdn_expiry',
      ],
    ],
  ],
  mirror: [
    ['From where to where', ['name', 'source', 'create_source', 'target', 'container', 'prefix']],
    [
      'Which files, and what is kept of them',
      ['exclude', 'include', 'symlinks', 'metadata', 'headers'],
    ],
    ['When', ['watch', 'chokidar_limit', 'settle', 'settle_limit', 'rescan', 'reconcile']],
    ['Deletes, the trash and the guard', ['deletes', 'trash_prefix', 'trash_keep', 'guard']],
    ['Other writers', ['lease', 'overwrite', 'extraneous']],
    ['The index', ['index']],
  ],
} as const satisfies Record<string, Groups>;

/** By group. Each shows every setting of its group, and passes `longshore check`. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  'State, log and shutdown': `
state: /var/lib/longshore
log:
  level: info
  format: json
drain: 1m
`,
  'Of every driver': `
targets:
  vault:
    driver: local
    root: ./vault
    concurrency: 16
    bandwidth: { "Mon-Fri 08:00-18:00": 2MiB/s, "22:00-06:00": off, otherwise: 10MiB/s }
    request_rate: 100
    multipart_threshold: 128MiB
    part_size: 32MiB
`,
  'The folder': `
targets:
  disk:
    driver: local
    root: ./vault
    create: true
    fsync: true
`,
  'S3: provider and credentials': `
targets:
  offsite:
    driver: s3
    profile: aws
    region: eu-central-1
    key: { env: AWS_ACCESS_KEY_ID }
    secret: { env: AWS_SECRET_ACCESS_KEY }
    #token: { env: AWS_SESSION_TOKEN }   # temporary keys have one
    #aws_profile: backup                 # instead of key and secret
    requester_pays: false
`,
  'S3: connection': `
targets:
  nas:
    driver: s3
    profile: minio
    host: nas.example.org
    port: 9000
    secure: true
    ca_file: ./nas-ca.pem
    verify_tls: true
    connect_timeout: 5s
    timeout: 30s
    connections: 32
    addressing: path
    api_version: "2006-03-01"
    key: { env: MINIO_KEY }
    secret: { env: MINIO_SECRET }
`,
  'S3: protocol': `
targets:
  old-store:
    driver: s3
    profile: generic
    host: s3.example.org
    listing_version: v1
    etag: md5
    sign_payload: true
    cdn_expiry: 1h
    key: { env: MINIO_KEY }
    secret: { env: MINIO_SECRET }
`,
  'S3: what new objects get': `
targets:
  offsite:
    driver: s3
    profile: aws
    region: eu-central-1
    storage_class: STANDARD_IA
    acl: bucket-owner-full-control
    encryption: { type: kms, kms_key: alias/backup } # or { type: customer, customer_key: { file: ./key } }
    object_lock: { mode: governance, retain: 30d, legal_hold: false }
    tags: [{ key: origin, value: laptop }]
    headers:
      - match: "*.html"
        content_type: text/html; charset=utf-8
        content_language: en
        cache_control: no-cache
      - match: "downloads/**"
        content_disposition: attachment
        expires: "Thu, 01 Dec 2033 16:00:00 GMT"
      - match: "*.svgz"
        content_encoding: gzip
      - match: "old/**"
        storage_class: GLACIER
`,
  'Swift: credentials': `
targets:
  cloud:
    driver: swift
    auth_url: "https://keystone.example.org:5000/v3"
    auth_version: "3"
    auth_type: password
    key: alice
    secret: { env: OS_PASSWORD }
    user_domain: Default
    #user_domain_id: default             # instead of the domain's name
    #token: { env: OS_TOKEN }            # instead of key and secret, with
    #storage_url: "https://swift.example.org/v1/AUTH_x"
    project: photos
`,
  'Swift: project and service': `
targets:
  cloud:
    driver: swift
    auth_url: "https://keystone.example.org:5000/v3"
    key: alice
    secret: { env: OS_PASSWORD }
    project: photos
    #project_id: 8ae1bb5a1a4c            # instead of the name
    project_domain: Default
    #project_domain_id: default          # instead of the domain's name
    region: RegionOne
    interface: internal
    service_type: object-store
    service_name: swift
    api_version: "1.0"
`,
  'Swift: connection': `
targets:
  cloud:
    driver: swift
    host: keystone.example.org
    port: 5000
    secure: true
    ca_file: ./nas-ca.pem
    verify_tls: true
    connect_timeout: 5s
    timeout: 30s
    connections: 32
    key: alice
    secret: { env: OS_PASSWORD }
    project: photos
`,
  'Swift: objects': `
targets:
  cloud:
    driver: swift
    auth_url: "https://keystone.example.org:5000/v3"
    key: alice
    secret: { env: OS_PASSWORD }
    project: photos
    max_put_size: 5GiB
    segment_size: 64MiB
    segments_container: "{container}_segments"
    headers:
      - match: "*.html"
        content_type: text/html; charset=utf-8
        content_language: en
        cache_control: no-cache
        content_disposition: inline
        content_encoding: identity
        expires: "Thu, 01 Dec 2033 16:00:00 GMT"
    storage_policy: gold
    temp_url_key: { env: OS_PASSWORD }
    temp_url_digest: sha256
    cdn_expiry: 1h
`,
  'From where to where': `
mirrors:
  - name: documents
    source: ./Documents
    create_source: true
    target: vault
    container: documents
    prefix: laptop/
`,
  'Which files, and what is kept of them': `
targets:
  offsite: { driver: s3, profile: aws, region: eu-central-1 }
mirrors:
  - name: documents
    source: ./Documents
    target: offsite
    container: documents
    exclude: ["*.tmp", "node_modules/"]
    include: ["*.pdf", "*.html", "letters/**"]
    symlinks: preserve
    metadata: [mtime, mode, owner]
    headers:
      - match: "*.html"
        content_type: text/html; charset=utf-8
        content_language: en
        content_encoding: identity
      - { match: "letters/**", content_disposition: attachment, storage_class: STANDARD_IA }
      - { cache_control: "max-age=3600", expires: "Thu, 01 Dec 2033 16:00:00 GMT" }
`,
  When: `
mirrors:
  - name: documents
    source: ./Documents
    target: vault
    container: documents
    watch: auto
    chokidar_limit: 5000
    settle: 2s
    settle_limit: 1m
    rescan: 15m
    reconcile: 7d
`,
  'Deletes, the trash and the guard': `
mirrors:
  - name: documents
    source: ./Documents
    target: vault
    container: documents
    deletes: trash
    trash_prefix: .longshore/trash/
    trash_keep: 90d
    guard: { count: 500, percentage: 10%, at_least: 20, window: 30m }
`,
  'Other writers': `
mirrors:
  - name: documents
    source: ./Documents
    target: vault
    container: documents
    lease: 10m
    overwrite: never
    extraneous: report
`,
  'The index': `
mirrors:
  - name: documents
    source: ./Documents
    target: vault
    container: documents
    index: lmdb
`,
};
