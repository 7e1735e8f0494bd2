// The order of the settings in docs/configuration.md.

type Groups = readonly (readonly [title: string, names: readonly string[]])[];

export const GROUPS = {
  general: [
    ['State, log and shutdown', ['state', 'log', 'drain']],
    ['Metrics', ['metrics']],
    ['Messages', ['notify']],
    ['Heartbeat', ['heartbeat']],
    ['The status page', ['status']],
    ['Several machines', ['queue', 'worker']],
  ],
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
  azure_blobs: [
    [
      'Azure: credentials',
      [
        'key',
        'secret',
        'sas',
        'auth_type',
        'tenant_id',
        'client_id',
        'client_certificate',
        'federated_token_file',
        'identity_resource',
        'authority',
      ],
    ],
    [
      'Azure: connection',
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
    ['Azure: objects', ['block_size', 'storage_class', 'headers', 'cdn_expiry']],
  ],
  backblaze_b2: [
    ['Backblaze B2: application key', ['key', 'secret']],
    [
      'Backblaze B2: connection',
      [
        'host',
        'port',
        'secure',
        'ca_file',
        'verify_tls',
        'connect_timeout',
        'timeout',
        'connections',
        'test_mode',
      ],
    ],
    [
      'Backblaze B2: objects',
      ['hard_delete', 'bucket_type', 'encryption', 'headers', 'download_url', 'cdn_expiry'],
    ],
  ],
  google_storage: [
    [
      'Google: credentials',
      ['credentials_file', 'key', 'auth', 'impersonate', 'project', 'user_project'],
    ],
    [
      'Google: connection',
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
      'Google: objects',
      [
        'storage_class',
        'headers',
        'kms_key',
        'temporary_hold',
        'uploads',
        'location',
        'cdn_expiry',
      ],
    ],
  ],
  mirror: [
    ['From where to where', ['name', 'source', 'create_source', 'target', 'container', 'prefix']],
    [
      'Which files, and what is kept of them',
      ['exclude', 'include', 'symlinks', 'folders', 'hardlinks', 'metadata', 'headers'],
    ],
    [
      'When',
      ['watch', 'chokidar_limit', 'settle', 'settle_limit', 'rescan', 'reconcile', 'listing'],
    ],
    ['Lag and heartbeat', ['max_lag', 'heartbeat']],
    ['Help from other machines', ['workers']],
    ['Reading back', ['verify']],
    ['Deletes, the trash and the guard', ['deletes', 'trash_prefix', 'trash_keep', 'guard']],
    ['Other writers', ['lease', 'overwrite', 'extraneous']],
    ['The index', ['index', 'index_snapshot']],
  ],
} as const satisfies Record<string, Groups>;
