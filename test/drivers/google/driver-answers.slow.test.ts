import { driverAnswers } from '../faults/suite.js';
import { googleFaults } from './fault-dialect.js';

driverAnswers(googleFaults);
