/** By group. Each shows every setting of its group, and passes `longshore check`. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  'State, log and shutdown': `
state: /var/lib/longshore
log:
  level: info
  format: json
  repeats: 100
  file: { path: /var/log/longshore/longshore.log, size: 10MiB, keep: 5 }
drain: 1m
`,
  Metrics: `
metrics:
  listen: 127.0.0.1:9460
  token: { env: METRICS_TOKEN }
  textfile: /var/lib/prometheus/node-exporter/longshore.prom
`,
  Messages: `
notify:
  - kind: ntfy
    url: https://ntfy.sh/my-secret-topic
    token: { env: NTFY_TOKEN }
    name: phone
    after: 15m
    remind: 24h
    mirrors: [documents]
    states: [held, target-denied, target-full]
  - { kind: slack, url: { env: SLACK_WEBHOOK }, timeout: 10s }
  - { kind: mail, to: [ann@example.org], from: longshore@example.org, sendmail: /usr/sbin/sendmail }
  - kind: mail
    to: [ann@example.org]
    from: longshore@example.org
    smtp:
      host: smtp.example.org
      port: 587
      security: starttls
      user: longshore@example.org
      password: { env: SMTP_PASSWORD }
  - { kind: command, run: [/usr/local/bin/page-me, --priority, high] }
`,
  Heartbeat: `
heartbeat:
  url: { env: HEARTBEAT_URL }
  form: healthchecks
  every: 5m
`,
  'Lag and heartbeat': `
mirrors:
  - name: documents
    source: ./Documents
    target: vault
    container: documents
    max_lag: 1h
    heartbeat: { url: { env: HEARTBEAT_URL }, form: uptime-kuma, every: 1m }
`,
  'Several machines': `
queue:
  name: nas1
  redis:
    url: rediss://queue.example.org:6380
    username: longshore
    password: { env: REDIS_PASSWORD }
    ca: ./queue-ca.pem
worker:
  serves: nas1
  sources: { projects: /mnt/projects }
  jobs: 4
mirrors:
  - { name: projects, source: ./Documents, target: vault, container: projects, workers: true }
`,
  'Help from other machines': `
queue: { redis: { url: "redis://127.0.0.1:6379" } }
mirrors:
  - { name: projects, source: ./Documents, target: vault, container: projects, workers: true }
`,
  'The status page': `
status:
  listen: "0.0.0.0:7460"
  public: true
  tls: { certificate: ./cert.pem, key: ./key.pem }
  #behind_proxy: ["192.0.2.7"]           # instead of tls
  hosts: [backup.example.org]
  token: { env: PAGE_TOKEN }
  read_token: { env: PAGE_READ_TOKEN }
  metrics_token: { env: METRICS_TOKEN }
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
  'Azure: credentials': `
targets:
  azure:
    driver: azure_blobs
    key: mybackups
    secret: { env: AZURE_STORAGE_KEY }
    #sas: { env: AZURE_STORAGE_SAS_TOKEN }   # instead of the account's key
    auth_type: auto
  azure-by-application:
    driver: azure_blobs
    key: mybackups
    auth_type: certificate
    authority: https://login.microsoftonline.com
    tenant_id: 72f988bf-86f1-41af-91ab-2d7cd011db47
    client_id: 11111111-2222-3333-4444-555555555555
    client_certificate: ./application.pem
    #federated_token_file: /var/run/secrets/azure/tokens/azure-identity-token
  azure-by-machine:
    driver: azure_blobs
    key: mybackups
    auth_type: managed_identity
    #identity_resource: /subscriptions/S/resourcegroups/R/providers/Microsoft.ManagedIdentity/userAssignedIdentities/I
`,
  'Azure: connection': `
targets:
  edge:
    driver: azure_blobs
    key: localbackups
    secret: { file: ./edge-key }
    host: edge.example.org
    port: 11002
    secure: true
    ca_file: ./nas-ca.pem
    verify_tls: true
    connect_timeout: 5s
    timeout: 30s
    connections: 32
    addressing: path
    api_version: "2019-12-12"
`,
  'Azure: objects': `
targets:
  azure:
    driver: azure_blobs
    key: mybackups
    secret: { env: AZURE_STORAGE_KEY }
    block_size: 16MiB
    storage_class: COOL
    cdn_expiry: 1h
    headers:
      - match: "*.html"
        content_type: text/html; charset=utf-8
        content_language: en
        cache_control: no-cache
        content_disposition: inline
        content_encoding: identity
        #expires: …                       # Azure keeps none
      - match: "old/**"
        storage_class: COLD
`,
  'Backblaze B2: application key': `
targets:
  offsite:
    driver: backblaze_b2
    key: { env: B2_APPLICATION_KEY_ID }
    secret: { env: B2_APPLICATION_KEY }
`,
  'Backblaze B2: connection': `
targets:
  offsite:
    driver: backblaze_b2
    host: api.backblazeb2.com
    port: 443
    secure: true
    ca_file: ./nas-ca.pem
    verify_tls: true
    connect_timeout: 5s
    timeout: 30s
    connections: 32
    #test_mode: fail_some_uploads
`,
  'Backblaze B2: objects': `
targets:
  offsite:
    driver: backblaze_b2
    hard_delete: false
    bucket_type: allPrivate
    encryption: sse-b2
    headers:
      - match: "*.html"
        content_type: text/html; charset=utf-8
        content_language: en
        cache_control: no-cache
        content_disposition: inline
        content_encoding: identity
        expires: "Thu, 01 Dec 2033 16:00:00 GMT"
    download_url: "https://files.example.com"
    cdn_expiry: 1h
`,
  'Google: credentials': `
targets:
  cloud:
    driver: google_storage
    credentials_file: ./mirror-key.json
    #key: mirror@my-project.iam.gserviceaccount.com  # where the file is only a private key (PEM)
    auth: auto
    impersonate: writer@my-project.iam.gserviceaccount.com
    project: my-project
    user_project: my-project
`,
  'Google: connection': `
targets:
  cloud:
    driver: google_storage
    host: storage.googleapis.com
    port: 443
    secure: true
    ca_file: ./nas-ca.pem
    verify_tls: true
    connect_timeout: 5s
    timeout: 30s
    connections: 32
`,
  'Google: objects': `
targets:
  cloud:
    driver: google_storage
    storage_class: NEARLINE
    headers:
      - match: "*.html"
        content_type: text/html; charset=utf-8
        content_language: en
        cache_control: no-cache
        content_disposition: inline
        content_encoding: identity
      - match: "old/**"
        storage_class: ARCHIVE
    kms_key: projects/p/locations/eu/keyRings/r/cryptoKeys/k
    temporary_hold: false
    uploads: multipart
    location: EU
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
    folders: keep
    hardlinks: record
    metadata: [mtime, mode, owner, xattr, acl]
    headers:
      - match: "*.html"
        content_type: text/html; charset=utf-8
        content_language: en
        content_encoding: identity
      - { match: "letters/**", content_disposition: attachment, storage_class: STANDARD_IA }
      - { cache_control: "max-age=3600", expires: "Thu, 01 Dec 2033 16:00:00 GMT" }
`,
  When: `
targets:
  offsite: { driver: s3, profile: aws }
mirrors:
  - name: documents
    source: ./Documents
    target: offsite
    container: documents
    watch: auto
    chokidar_limit: 5000
    settle: 2s
    settle_limit: 1m
    rescan: 15m
    reconcile: 7d
    listing:
      inventory: { container: lists, prefix: s3/, id: nightly, max_age: 9d, otherwise: list }
`,
  'Reading back': `
mirrors:
  - name: documents
    source: ./Documents
    target: vault
    container: documents
    deletes: trash
    verify: { within: 30d, bandwidth: 2MiB/s, by: daemon, heal: true, keep_damaged: true }
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
    index_snapshot: 12h
`,
};
