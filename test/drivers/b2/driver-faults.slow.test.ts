import { driverFaults } from '../faults/suite.js';
import { b2Faults } from './fault-dialect.js';

driverFaults(b2Faults);
