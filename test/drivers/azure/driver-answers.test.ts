import { driverAnswers } from '../faults/suite.js';
import { azureFaults } from './fault-dialect.js';

driverAnswers(azureFaults);
