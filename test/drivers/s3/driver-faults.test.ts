import { driverFaults } from '../faults/suite.js';
import { s3Faults } from './fault-dialect.js';

driverFaults(s3Faults);
