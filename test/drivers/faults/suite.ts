import { beforeEach, describe } from 'vitest';
import { answerFaults } from './answers.js';
import { containerFaults } from './containers.js';
import { contentFaults } from './content.js';
import type { FaultDialect, FaultyService } from './dialect.js';
import { requestFaults } from './requests.js';

function overOne(
  dialect: FaultDialect,
  title: string,
  cases: (dialect: FaultDialect, service: () => FaultyService) => void,
): void {
  describe(`${dialect.name} client: ${title}`, () => {
    let service: FaultyService;
    beforeEach(async () => {
      service = await dialect.start();
      return () => service.close();
    });
    cases(dialect, () => service);
  });
}

/** What the driver of a provider makes of its failures. What only one provider does is in its own folder. */
export function driverFaults(dialect: FaultDialect): void {
  overOne(dialect, 'failed requests', requestFaults);
  overOne(dialect, 'content', contentFaults);
  overOne(dialect, 'containers', containerFaults);
}

/** What the driver of a provider believes of answers that may be another server's. */
export function driverAnswers(dialect: FaultDialect): void {
  overOne(dialect, 'answers', answerFaults);
}
