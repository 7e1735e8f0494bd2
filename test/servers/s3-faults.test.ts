import { openS3 } from '../drivers/s3/open.js';
import { s3Dialect } from '../faults/dialect.js';
import { s3Servers, withServers } from './environment.js';
import { everyFaultOver } from './every-fault.js';

withServers('failing S3', 'LONGSHORE_S3_ENDPOINT', s3Servers(), (server) => {
  everyFaultOver(server, s3Dialect, openS3, (address) => ({ ...address, secure: false }));
});
