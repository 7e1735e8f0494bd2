import { driverAnswers } from '../faults/suite.js';
import { s3Faults } from './fault-dialect.js';

driverAnswers(s3Faults);
