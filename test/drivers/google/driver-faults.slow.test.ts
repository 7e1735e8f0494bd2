import { driverFaults } from '../faults/suite.js';
import { googleFaults } from './fault-dialect.js';

driverFaults(googleFaults);
