import { driverFaults } from '../faults/suite.js';
import { swiftFaults } from './fault-dialect.js';

driverFaults(swiftFaults);
