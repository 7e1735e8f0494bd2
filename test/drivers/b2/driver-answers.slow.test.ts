import { driverAnswers } from '../faults/suite.js';
import { b2Faults } from './fault-dialect.js';

driverAnswers(b2Faults);
