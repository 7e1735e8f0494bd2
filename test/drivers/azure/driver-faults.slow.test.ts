import { driverFaults } from '../faults/suite.js';
import { azureFaults } from './fault-dialect.js';

driverFaults(azureFaults);
