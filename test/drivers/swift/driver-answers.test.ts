import { driverAnswers } from '../faults/suite.js';
import { swiftFaults } from './fault-dialect.js';

driverAnswers(swiftFaults);
